"""Kernels whose imports are done: each is forked from a server that has loaded the large libraries once.

Thirty chapters each spend some five seconds on importing PyTorch, scikit-learn and the rest. A forked kernel finds them loaded, and is an
ordinary kernel otherwise: a process of its own with nothing in its namespace. Needs a system that can fork a process with these
libraries in it: Linux. What a library reads when it is loaded, such as OMP_NUM_THREADS, is taken from the environment of the server, so it
has to be set before the first kernel is asked for.
"""

import atexit
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import uuid

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from visret_lab.memory import keep_freed

# Not pyplot: it asks the kernel for its backend when it is loaded.
LOADED = ("ipykernel.kernelapp", "ipykernel.ipkernel", "numpy", "scipy.stats", "scipy.ndimage", "scipy.optimize", "scipy.sparse.linalg",
          "pandas", "pandas.io.formats.style", "sklearn.cluster", "sklearn.decomposition", "sklearn.mixture", "sklearn.metrics",
          "sklearn.manifold", "sklearn.datasets", "torch", "torchvision", "cv2", "faiss", "matplotlib.figure", "matplotlib.backends.backend_agg", "PIL.Image",
          "skimage.feature")
BACKEND = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}  # what a kernel sets before it loads matplotlib


def can_fork():
    """Whether kernels can be forked here."""
    return sys.platform == "linux"


class WarmKernelManager(AsyncKernelManager):
    """Starts kernels as forks of the server. For `nbclient.NotebookClient(..., kernel_manager_class=WarmKernelManager)`."""

    def __init__(self, **options):
        super().__init__(**options)
        self.kernel_id = str(uuid.uuid4())
        self.provisioner = _Provisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)


class _Provisioner(LocalProvisioner):
    async def launch_kernel(self, cmd, **options):
        place = os.path.abspath(options.get("cwd") or os.getcwd())
        self.process, self.cwd = _Server.shared().fork(cmd, options["env"], place), place
        self.pid, self.pgid = self.process.pid, None  # it shares the server's group, which no signal may reach
        return self.connection_info


class _Server:
    """The process from which kernels are forked. It ends with the program that asked for it, since its standard input ends then."""

    _shared, _lock = None, threading.Lock()

    def __init__(self):
        self.owner = os.getpid()  # a process that was forked from this one has the object, but must not talk to its server
        self.process = subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **BACKEND})
        atexit.register(self.process.stdin.close)

    @classmethod
    def shared(cls):
        """The server of this process: started at the first call, and again where the last one has ended."""
        with cls._lock:
            if cls._shared is None or cls._shared.owner != os.getpid() or cls._shared.process.poll() is not None:
                cls._shared = cls()
            return cls._shared

    def fork(self, cmd, environment, place):
        """Start a kernel: _Forked. cmd: as of a kernel that is started from its specification."""
        with self._lock:
            print(json.dumps([list(cmd), dict(environment), place]), file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("The server of kernels has ended; its last words stand above. Run the notebooks again.")
        return _Forked(int(answer))


class _Forked:
    """A process that another one has started, with the face of subprocess.Popen."""

    stdin = stdout = stderr = None

    def __init__(self, pid):
        self.pid = pid

    def poll(self):
        """None while it runs, else 0: nobody but the server knows how it ended."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    def wait(self, timeout=None):
        """Only called behind the end."""
        return self.poll()

    def send_signal(self, number):
        """Send a signal. ProcessLookupError: it has ended."""
        os.kill(self.pid, number)

    def kill(self):
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


def serve(orders, answers):
    """Load the libraries, then fork a kernel for each line of `orders` and write its process id to `answers`."""
    for name in LOADED:
        importlib.import_module(name)
    keep_freed()
    gc.freeze()  # so that no collection in a kernel copies the pages that all share
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in orders:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _become_kernel(*json.loads(line))
        print(pid, file=answers, flush=True)
    os._exit(0)  # what the libraries do at the end is of no use here, and some talk


def _become_kernel(cmd, environment, place):
    """Be the kernel that `cmd` asks for, and end. Never returns."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)  # standard output is the server's line to its owner
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(place)
    arguments = [*cmd[cmd.index("-m") + 2 :], f"--IPKernelApp.parent_handle={os.getppid()}"]  # the kernel ends when the server does
    sys.argv = ["ipykernel_launcher", *arguments]
    del sys.path[0]  # the folder in which the server was started; the launcher does the same
    from ipykernel.kernelapp import launch_new_instance

    try:
        launch_new_instance(arguments)
    finally:
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
