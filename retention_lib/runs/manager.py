"""How a worker starts a kernel: this interpreter, sockets in a file, an IPython folder of its own."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

from retention_lib.runs.kernel import kernel_groups

_ENVIRONMENT = {
    "MPLBACKEND": "agg",
    "PYTHONHASHSEED": "0",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    # Sums by several threads may differ in the last digit; the reports must not.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class OwnKernelSpecs(KernelSpecManager):
    """Knows one kernel: the interpreter that runs the toolkit, whatever is installed elsewhere."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel of this environment under any name."""
        argv = [sys.executable, "-P", "-m", "retention_lib.runs.kernel", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python", name=kernel_name)


class OwnKernelManager(AsyncKernelManager):
    """Starts kernels over IPC, each with its own settings, and remembers their process groups."""

    _group: int | None = None

    @default("transport")
    def _default_transport(self) -> str:
        return "ipc"

    @default("kernel_spec_manager")
    def _default_kernel_spec_manager(self) -> KernelSpecManager:
        return OwnKernelSpecs(parent=self)

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
        """Starts the kernel in the worker's folder with an environment of its own."""
        own = tempfile.mkdtemp(prefix="k", dir=os.environ["JUPYTER_RUNTIME_DIR"])
        # Its sockets lie beside it; by default two kernels of one folder would share the sockets' names.
        self.connection_file = f"{own}/kernel.json"
        environment = {**os.environ, **_ENVIRONMENT, "IPYTHONDIR": own}
        await super().start_kernel(**{**options, "env": environment})
        self._group = getattr(self.provisioner, "pgid", None)
        if self._group:
            kernel_groups.add(self._group)

    async def cleanup_resources(self, restart: bool = False) -> None:  # type: ignore[override]
        """Forgets the kernel's group once it has ended, so that nobody else's process is ever killed."""
        kernel_groups.discard(self._group or 0)
        await super().cleanup_resources(restart=restart)
