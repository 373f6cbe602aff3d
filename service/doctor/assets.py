"""The files that browsers get: installed, every one."""

from collections.abc import Iterator

from geo.errors import N_
from maps.assets import NPM_FILES, read
from maps.errors import AssetMissing
from service.doctor.findings import Finding, Patient, well, wrong


def check(_: Patient) -> Iterator[Finding]:
    """Read every file of the npm packages that pages may ask for."""
    names = [f"npm/{package}/{path}" for package, paths in NPM_FILES.items() for path in paths]
    missing = []
    for name in names:
        try:
            read(name)
        except AssetMissing:
            missing.append(name)
    if missing:
        message = N_("{count} browser files are not installed, such as {name}.")
        mend = N_("Run a command of ./wardline, which installs them, with internet or an npm mirror.")
        yield wrong(message, mend, count=len(missing), name=missing[0])
    else:
        yield well(N_("{count} browser files are installed"), count=len(names))
