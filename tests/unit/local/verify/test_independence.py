import subprocess
import sys


def test_the_reader_shares_no_code_with_the_jobs() -> None:
    look = "import sys, local.verify.__main__; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert not {"connectors", "jobs"} & set(done.stdout.split())
    assert "msgspec" in done.stdout.split()
