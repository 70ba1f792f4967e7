"""A small sound instance as plain rows."""

from __future__ import annotations

from typing import Any

HEAD: dict[str, Any] = {"name": "small", "periods": {"count": 2, "days": 365, "first": 2027}}
TABLES: dict[str, list[dict[str, Any]]] = {
    "jurisdictions": [{"jurisdiction": "EU"}, {"jurisdiction": "UK"}],
    "sites": [
        {"site": "S1", "jurisdiction": "EU", "latitude": 48.1, "longitude": 11.5, "title": "Blood, service"},
        {"site": "S2", "jurisdiction": "EU", "latitude": 45.4, "longitude": 9.1},
    ],
    "facilities": [
        {"site": "S1", "stage": "collection", "status": "open", "initial": "existing", "capacity": 500},
        {"site": "S1", "stage": "testing", "status": "open", "initial": "existing"},
        {"site": "S2", "stage": "manufacturing", "opening_cost": 1000.5, "capacity": 300},
    ],
    "therapies": [{"therapy": "K1", "modality": "allogeneic", "route": "collection>manufacturing"}],
    "operations": [
        {"stage": "collection", "therapy": "*", "unit_cost": 10},
        {"stage": "manufacturing", "therapy": "K1", "unit_cost": 100, "days": 5, "yield": 0.9},
    ],
    "donor_pools": [
        {"pool": "P1", "jurisdiction": "EU", "donor_group": "g1", "registry": 400, "donations_per_year": 1}
    ],
    "panels": [{"panel": "basic", "markers": "HIV;HBV", "unit_cost": 5}],
    "lanes": [
        {"from": "P1", "to": "S1", "mode": "road", "therapy": "*", "unit_cost": 1, "days": 0.5},
        {"from": "S1", "to": "S2", "mode": "road", "therapy": "*", "unit_cost": 2.25, "days": 1},
        {"from": "S2", "to": "R1", "mode": "road", "therapy": "*", "unit_cost": 3, "days": 1, "status": "open"},
    ],
    "centres": [{"centre": "R1", "jurisdiction": "EU"}],
    "demand": [
        {"centre": "R1", "therapy": "K1", "period": "2027", "doses": 100},
        {"centre": "R1", "therapy": "K1", "period": "2028", "doses": 120},
    ],
}
