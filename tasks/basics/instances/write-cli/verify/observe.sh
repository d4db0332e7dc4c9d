out=$1
work=$(dirname "$out")
printf 'team,who,hours,note\nred,"Li, Wei",1.50,a=b\nblue,Ada,2.25,\nred,Ada,0.1,a\nblue,"Li, Wei",-3.75,x\ngreen,Bo,1e3,x\nred,Bo,0.2,\n,Bo,1000000,y\n' > "$work/hours.csv"
run() {
  printf -- '--- %s\n' "$*" | sed "s#$work/##" >> "$out"
  python3 colsum.py "$@" >> "$out" 2> "$work/stderr"
  printf '[exit %s, %s lines of errors]\n' "$?" "$(grep -c . < "$work/stderr")" >> "$out"
}
run "$work/hours.csv" hours --where team=red
run "$work/hours.csv" hours --where team=blue --by who
run "$work/hours.csv" hours --where note=x
run "$work/hours.csv" hours --by team --where who=Ada --where note=
run "$work/hours.csv" hours --where "note=a=b"
run "$work/hours.csv" hours --where team= --by who
run "$work/hours.csv" hours --where team=pink
run "$work/hours.csv" days
run "$work/nothing.csv" hours
run "$work/hours.csv"
