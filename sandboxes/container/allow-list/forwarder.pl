# Carries the connections of a sandbox over stdin and stdout, from inside its network namespace. Decides nothing.
# Arguments: how many connections at once, the window of each in bytes, then the addresses to listen at, ip:port.
# Frames, both ways: type (1 byte), connection (4), length (4), payload; see frames.ts.
use strict;
use warnings;
use Errno qw(EAGAIN EINTR);
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use Socket;

my ($most, $window, @addresses) = @ARGV;
my ($piece_bytes, $most_output) = (32768, 1 << 20);
my ($input, $output, $next, %connections) = ('', '', 1);
$SIG{PIPE} = 'IGNORE';

sub nonblocking { my $flags = fcntl($_[0], F_GETFL, 0); fcntl($_[0], F_SETFL, $flags | O_NONBLOCK) or die "fcntl: $!\n" }
sub again { return $! == EAGAIN || $! == EINTR }
sub frame { my ($type, $id, $payload) = @_; $output .= pack('A N N', $type, $id, length $payload) . $payload }

sub listen_at {
  my ($ip, $port) = split /:/, $_[0];
  socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
  bind($socket, pack_sockaddr_in($port, inet_aton($ip))) or die "cannot listen at $_[0]: $!\n";
  listen($socket, 1024) or die "cannot listen at $_[0]: $!\n";
  nonblocking($socket);
  return $socket;
}

sub forget {
  my ($id, $is_reset) = @_;
  my $connection = delete $connections{$id} or return;
  setsockopt($connection->{socket}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)) if $is_reset;
  close $connection->{socket};
}

sub fail { my ($id) = @_; frame('R', $id, ''); forget($id, 1) }

sub welcome {
  my ($number, $listener) = @_;
  accept(my $socket, $listener) or return;
  nonblocking($socket);
  my $id = $next++;
  $connections{$id} = { socket => $socket, buffer => '', credit => $window, read_ended => 0, end_asked => 0, write_ended => 0 };
  frame('O', $id, pack('N', $number));
}

sub read_client {
  my ($id, $connection) = @_;
  my $most_bytes = $connection->{credit} < $piece_bytes ? $connection->{credit} : $piece_bytes;
  my $count = sysread($connection->{socket}, my $bytes, $most_bytes);
  return again() || fail($id) if !defined $count;
  if ($count > 0) { $connection->{credit} -= $count; frame('D', $id, $bytes); return }
  $connection->{read_ended} = 1;
  frame('E', $id, '');
  forget($id) if $connection->{write_ended};
}

sub write_client {
  my ($id, $connection) = @_;
  if (length $connection->{buffer}) {
    my $count = syswrite($connection->{socket}, $connection->{buffer});
    return again() || fail($id) if !defined $count;
    substr($connection->{buffer}, 0, $count, '');
    frame('W', $id, pack('N', $count));
  }
  return if length $connection->{buffer} || !$connection->{end_asked} || $connection->{write_ended};
  $connection->{write_ended} = 1;
  shutdown($connection->{socket}, 1);
  forget($id) if $connection->{read_ended};
}

sub obey {
  my ($type, $id, $payload) = @_;
  my $connection = $connections{$id} or return;
  if ($type eq 'D') { $connection->{buffer} .= $payload }
  elsif ($type eq 'W') { $connection->{credit} += unpack('N', $payload) }
  elsif ($type eq 'E') { $connection->{end_asked} = 1 }
  elsif ($type eq 'R') { return forget($id, 1) }
  write_client($id, $connection) if $type ne 'W';
}

sub read_input {
  my $count = sysread(STDIN, $input, 1 << 16, length $input);
  return again() || exit 1 if !defined $count;
  exit 0 if $count == 0;
  my $at = 0;
  while (length($input) - $at >= 9) {
    my ($type, $id, $length) = unpack('A N N', substr($input, $at, 9));
    last if length($input) - $at - 9 < $length;
    obey($type, $id, substr($input, $at + 9, $length));
    $at += 9 + $length;
  }
  substr($input, 0, $at, '');
}

my @listeners = map { listen_at($_) } @addresses;
nonblocking($_) for *STDIN, *STDOUT;
frame('L', 0, '');
while (1) {
  my ($readable, $writable) = ('', '');
  my $has_room = length $output < $most_output;
  vec($readable, fileno(STDIN), 1) = 1;
  vec($writable, fileno(STDOUT), 1) = 1 if length $output;
  if ($has_room && keys %connections < $most) { vec($readable, fileno($_), 1) = 1 for @listeners }
  for my $connection (values %connections) {
    my $number = fileno $connection->{socket};
    vec($readable, $number, 1) = 1 if $has_room && !$connection->{read_ended} && $connection->{credit} > 0;
    vec($writable, $number, 1) = 1 if length $connection->{buffer};
  }
  next if select($readable, $writable, undef, undef) < 0;
  if (length $output && vec($writable, fileno(STDOUT), 1)) {
    my $count = syswrite(STDOUT, $output);
    if (defined $count) { substr($output, 0, $count, '') }
    elsif (!again()) { exit 1 }
  }
  for my $number (0 .. $#listeners) { welcome($number, $listeners[$number]) if vec($readable, fileno($listeners[$number]), 1) }
  for my $id (keys %connections) {
    my $connection = $connections{$id} or next;
    my $number = fileno $connection->{socket};
    write_client($id, $connection) if vec($writable, $number, 1);
    read_client($id, $connection) if $connections{$id} && vec($readable, $number, 1);
  }
  read_input() if vec($readable, fileno(STDIN), 1);
}
