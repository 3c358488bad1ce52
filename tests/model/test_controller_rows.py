"""The rows of controllers: one for each type and model, and everything that lists models follows them."""

from __future__ import annotations

import pytest

from devaddr_xml.buses.usb import CHOOSABLE_PORTS, port_count
from devaddr_xml.model.controller_rows import CONTROLLER_ROW, CONTROLLER_ROWS, models_of
from devaddr_xml.model.device import Controller
from devaddr_xml.model.usb2 import COMPANION_START, USB2_MODELS


def test_each_type_and_model_has_one_row() -> None:
    assert len(CONTROLLER_ROW) == len(CONTROLLER_ROWS)
    types = {row.type for row in CONTROLLER_ROWS}
    assert {row.type for row in CONTROLLER_ROWS if row.model is None} == types


def test_the_usb_2_set_is_among_them() -> None:
    assert set(models_of("usb")) >= USB2_MODELS
    assert {model for model in USB2_MODELS if models_of("usb")[model].ports} == USB2_MODELS - set(COMPANION_START)


@pytest.mark.parametrize("model", [None, *models_of("usb")])
def test_ports(model: str | None) -> None:
    row = CONTROLLER_ROW["usb", model]
    assert port_count(Controller(type="usb", model=model)) == row.ports
    chosen = port_count(Controller(type="usb", model=model, ports=7))
    assert chosen == (7 if model in CHOOSABLE_PORTS else row.ports)
    assert (row.most_ports is not None) == (model in CHOOSABLE_PORTS)


def test_only_usb_controllers_have_ports_here() -> None:
    assert {row.type for row in CONTROLLER_ROWS if row.ports or row.most_ports} == {"usb"}
