"""Run a notebook from top to bottom, as the book and the status page need it."""

from pathlib import Path


def execute(path, timeout=600, warm=False):
    """Run a notebook in its own folder; the file is not changed.

    Args:
        path: the notebook.
        timeout: seconds a cell may take.
        warm: where the system allows it, take a kernel that finds the large libraries loaded; see `warm_kernel`. For many notebooks.

    Returns:
        (the notebook with its outputs, error text without colours or "").
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError
    from nbconvert.filters import strip_ansi

    from visret_lab.teaching.warm_kernel import WarmKernelManager, can_fork

    path = Path(path)
    started = {"kernel_manager_class": WarmKernelManager} if warm and can_fork() else {}
    notebook = nbformat.read(path, as_version=4)
    # The kernel listens on this machine only; its warning about unencrypted lines would stand above every chapter.
    client = NotebookClient(notebook, kernel_name="python3", timeout=timeout, resources={"metadata": {"path": str(path.parent)}},
                            extra_arguments=["--IPKernelApp.log_level=40"], **started)
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError) as error:
        return notebook, strip_ansi(str(error))
    return notebook, ""
