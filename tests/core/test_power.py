"""A battery that is being discharged is noticed; mains, and machines that tell nothing, are not taken for one."""

from __future__ import annotations

from lsfs.core.power import on_battery


def supply(folder, name, **files):
    (folder / name).mkdir()
    for file, text in files.items():
        (folder / name / file).write_text(f"{text}\n")


def test_a_battery_counts_only_while_it_is_discharged(tmp_path):
    supply(tmp_path, "AC", type="Mains", online="0")
    supply(tmp_path, "BAT0", type="Battery", status="Charging")
    assert not on_battery(tmp_path)
    (tmp_path / "BAT0" / "status").write_text("Discharging\n")
    assert on_battery(tmp_path)


def test_a_machine_that_tells_nothing_is_on_mains(tmp_path):
    supply(tmp_path, "odd")
    assert not on_battery(tmp_path) and not on_battery(tmp_path / "none")
