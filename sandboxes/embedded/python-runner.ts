/**
 * The program that CPython is really given: it sets up what just-bash leaves out and then runs the user's program.
 * just-bash mounts the sandbox's files under /host, redirects `open` and `os` there, and indents what it is given, so
 * nothing here may depend on the indentation of a text. Each output flush writes one stream file whole (see file-system.ts).
 */
export const PYTHON_RUNNER = `
import base64, builtins, importlib.machinery, io, json, linecache, os, posix, sys, traceback, types

setup = json.loads(base64.b64decode("@SETUP@"))

class Output(io.RawIOBase):
    def __init__(self, path, number):
        self.path, self.number, self.name = "/host" + path, number, ("", "<stdout>", "<stderr>")[number]
    def writable(self):
        return True
    def fileno(self):
        return self.number
    def write(self, data):
        view = memoryview(data).cast("B")[:262144]
        if len(view):
            fd = posix.open(self.path, posix.O_WRONLY)
            try:
                real_write(fd, view)
            finally:
                posix.close(fd)
        return len(view)

real_write = posix.write
outputs = {1: Output(setup["paths"]["stdout"], 1), 2: Output(setup["paths"]["stderr"], 2)}

def text_stream(number, errors, line_buffering):
    raw = outputs[number]
    return io.TextIOWrapper(io.BufferedWriter(raw, 65536), encoding="utf-8", errors=errors, line_buffering=line_buffering, write_through=setup["isUnbuffered"])

def write(fd, data):
    return outputs[fd].write(data) if fd in outputs else real_write(fd, data)

os.write = write
sys.stdout = sys.__stdout__ = text_stream(1, "surrogateescape", setup["isUnbuffered"])
sys.stderr = sys.__stderr__ = text_stream(2, "backslashreplace", True)
os.environ.clear()
os.environ.update(setup["environment"])
sys.dont_write_bytecode = True

def strip(path):
    return path[5:] or "/" if isinstance(path, str) and (path == "/host" or path.startswith("/host/")) else path

def mounted(path):
    path = os.fspath(path) if isinstance(path, os.PathLike) else path
    inside = isinstance(path, str) and path.startswith("/") and not path.startswith(("/lib/", "/host/", "/proc/"))
    return "/host" + path if inside else path

def redirect(call, paths):
    def redirected(*arguments, **options):
        return call(*[mounted(value) if index < paths else value for index, value in enumerate(arguments)], **options)
    return redirected

def rename(source, target, **options):
    if os.path.isdir(source) and not os.path.islink(source):
        import shutil
        shutil.copytree(source, target, symlinks=True)
        shutil.rmtree(source)
    else:
        posix.rename(mounted(source), mounted(target))

# just-bash leaves these at the root of CPython's own file system, and cannot rename a folder.
os.rename = os.replace = rename
for name, paths in {"access": 1, "chmod": 1, "utime": 1, "truncate": 1, "readlink": 1}.items():
    setattr(os, name, redirect(getattr(os, name), paths))

class Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name, path):
        super().__init__(name, strip(path))
    def get_data(self, path):
        with builtins.open(path, "rb") as file:
            return file.read()
    def path_stats(self, path):
        stat = os.stat(path)
        return {"mtime": stat.st_mtime, "size": stat.st_size}

class Finder(importlib.machinery.FileFinder):
    def find_spec(self, name, target=None):
        spec = super().find_spec(name, target)
        if spec is not None:
            spec.origin = strip(spec.origin)
            if spec.submodule_search_locations is not None:
                spec.submodule_search_locations = [strip(path) for path in spec.submodule_search_locations]
        return spec

def path_hook(path):
    absolute = os.path.abspath(path)
    if absolute.startswith(("/lib/", "/host/", "/proc/")) or not os.path.isdir(absolute):
        raise ImportError
    return Finder("/host" + absolute, (Loader, importlib.machinery.SOURCE_SUFFIXES))

sys.path_hooks.insert(0, path_hook)
sys.path_importer_cache.clear()

def show(kind, error, trace):
    while trace is not None and trace.tb_frame.f_code.co_filename in ("/tmp/_jb_script.py", "<frozen runpy>"):
        trace = trace.tb_next
    lines = traceback.format_exception(kind, error, trace)
    sys.stderr.write("".join(lines).replace('File "/host/', 'File "/'))

sys.excepthook = show
kind, source = setup["kind"], setup["source"]
main = types.ModuleType("__main__")
main.__builtins__ = builtins
sys.modules["__main__"] = main
sys.argv = [{"code": "-c", "module": "-m"}.get(kind, source)] + setup["argv"]
sys.path[:] = [path for path in sys.path if path != "/tmp"]
folder = os.path.dirname(os.path.abspath(source)) if kind == "file" else setup["cwd"] if kind == "module" else ""
sys.path.insert(0, folder)
filename = {"code": "<string>", "stdin": "<stdin>"}.get(kind, source)

def load():
    if kind == "code":
        return source
    if kind == "stdin":
        return sys.stdin.buffer.read()
    if os.path.isdir(source):
        sys.path[0] = os.path.abspath(source)
        with builtins.open(os.path.join(source, "__main__.py"), "rb") as file:
            return file.read()
    with builtins.open(source, "rb") as file:
        return file.read()

def run():
    if kind == "module":
        import runpy
        runpy.run_module(source, run_name="__main__", alter_sys=True)
        return
    try:
        text = load()
    except OSError as error:
        sys.stderr.write(f"python3: can't open file '{os.path.join(os.getcwd(), source)}': [Errno {error.errno}] {error.strerror}\\n")
        raise SystemExit(2)
    if kind == "file":
        main.__file__ = source
    lines = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    linecache.cache[filename] = (len(lines), None, lines.splitlines(keepends=True), filename)
    exec(compile(text, filename, "exec", dont_inherit=True), main.__dict__)

def exit_code(error):
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 255
    sys.stderr.write(f"{error.code}\\n")
    return 1

status = 0
try:
    run()
except SystemExit as error:
    status = exit_code(error)
except BaseException as error:
    sys.excepthook(type(error), error, error.__traceback__)
    status = 130 if isinstance(error, KeyboardInterrupt) else 1
for stream in (sys.stdout, sys.stderr):
    try:
        stream.flush()
    except Exception:
        pass
sys.exit(status)
`;
