"""The specification of every table of an instance: the single source of reader, checks, JSON Schema and reference.

The words and their exact meaning are those of the instance format (see ``donornet schema``).
"""

from __future__ import annotations

from donornet.instance.columns import Column, Table

STAGES = ("collection", "testing", "processing", "manufacturing", "storage")
"""Stages a facility can have."""
MATERIAL_STAGES = ("collection", "processing", "manufacturing", "storage")
"""Stages that material passes; testing runs beside them."""
RULE_STAGES = ("donor", *STAGES)
"""Stages that a recognition row can speak about."""
LEG_ENDS = ("donor", *STAGES, "centre")
"""What stands at the ends of a leg."""
VERDICTS = ("recognised", "bridging", "licence", "never")
LIMIT_MEASURES = (
    "open_facilities", "openings", "investment", "total_cost", "recruits", "donations", "doses", "unmet", "unmet_share",
    "handoffs", "crossings", "km", "co2", "vein_to_vein_mean",
)  # fmt: skip
DIVERSITY_MEASURES = (
    "min_count", "min_share", "max_share", "min_effective_groups", "match_coverage", "coverage_floor",
)  # fmt: skip

YEARLY = "currency/year"


def _key(name: str, help: str, references: str = "", *, wildcard: bool = False, groups: bool = False) -> Column:  # noqa: A002
    return Column(
        name, "id", help, key=True, required=True, references=references, wildcard=wildcard, groups=groups,
        default="*" if wildcard else None,
    )  # fmt: skip


def _money(name: str, help: str, unit: str = "currency", default: float | None = 0.0) -> Column:  # noqa: A002
    return Column(name, "number", help, unit=unit, default=default, minimum=0.0)


def _days(name: str, help: str, default: float | None = None) -> Column:  # noqa: A002
    return Column(name, "number", help, unit="days", default=default, minimum=0.0)


def _share(name: str, help: str, default: float | None = None, *, required: bool = False) -> Column:  # noqa: A002
    return Column(name, "number", help, unit="share", default=default, minimum=0.0, maximum=1.0, required=required)


def _stage(name: str, help: str, choices: tuple[str, ...] = STAGES, *, wildcard: bool = False) -> Column:  # noqa: A002
    return Column(
        name, "choice", help, key=True, required=True, choices=choices, wildcard=wildcard,
        default="*" if wildcard else None,
    )  # fmt: skip


def _jurisdiction(help: str) -> Column:  # noqa: A002
    return Column("jurisdiction", "id", help, references="jurisdictions.jurisdiction")


_COORDINATES = (
    Column("latitude", "number", "Degrees north.", unit="degrees", minimum=-90.0, maximum=90.0),
    Column("longitude", "number", "Degrees east.", unit="degrees", minimum=-180.0, maximum=180.0),
)
_TITLE = Column("title", "text", "Name for people.")


def _filter(name: str, help: str, references: str = "", *, wildcard: bool = True) -> Column:  # noqa: A002
    return Column(name, "id", help, references=references, groups=True, wildcard=wildcard)


_PERIOD_FILTER = Column("period", "period", "Period; blank: taken together; `*`: each separately.", wildcard=True)
_MARKET = "jurisdictions.jurisdiction"

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table("jurisdictions", "Regulators' areas.", (
            _key("jurisdiction", "Id of the jurisdiction."), _TITLE,
        )),
        Table("sites", "Places where facilities stand.", (
            _key("site", "Id of the site; sites, pools and centres share one namespace."),
            _jurisdiction("Jurisdiction whose regulator oversees the site; blank: the unnamed one."),
            Column("organisation", "text", "Who runs the site; hand-offs are counted between organisations."),
            *_COORDINATES, _TITLE,
        ), required=True),
        Table("facilities", "One stage of work at one site: what may be opened, closed and filled.", (
            _key("site", "Where it stands.", "sites.site"),
            _stage("stage", "What is done there."),
            Column("status", "choice", "open: open in every period; candidate: the model decides; closed: never used.",
                   default="candidate", choices=("open", "candidate", "closed")),
            Column("initial", "choice", "Whether it exists before the first period.",
                   default="potential", choices=("existing", "potential")),
            _money("opening_cost", "Paid when a potential facility opens."),
            _money("closing_cost", "Paid when an existing facility is closed."),
            _money("fixed_cost_per_year", "Paid while open.", YEARLY),
            Column("capacity", "number", "Capacity; blank: unlimited, and no capacity steps.",
                   unit="units/year or slots", minimum=0.0),
            Column("capacity_unit", "choice", "What the capacity counts.",
                   default="units_per_year", choices=("units_per_year", "slots")),
            _share("min_load", "Share of its capacity that an open facility must use.", 0.0),
            Column("opens_from", "integer", "First period in which it may be open; blank: the first.", unit="period"),
        ), required=True),
        Table("capacity_steps", "Ladder of additions to a facility's capacity; step n needs step n-1.", (
            _key("site", "Where the facility stands.", "sites.site"),
            _stage("stage", "Its stage."),
            Column("step", "integer", "1, 2, ...", key=True, required=True, minimum=1.0),
            Column("capacity", "number", "Capacity added.", unit="units/year or slots", minimum=0.0, required=True),
            _money("opening_cost", "Paid when the step is bought."),
            _money("fixed_cost_per_year", "Paid while the step is held.", YEARLY),
        )),
        Table("therapies", "What patients receive.", (
            _key("therapy", "Id of the therapy."),
            Column("modality", "choice", "autologous: the patient's own cells; allogeneic: a donor's.",
                   required=True, choices=("autologous", "allogeneic")),
            Column("route", "text", "Material stages in order, separated by `>`.", required=True),
            Column("tested", "flag",
                   "Whether each donation is tested; blank: yes when the route starts with collection."),
            _days("fresh_days", "Longest transit of a leg carried fresh; blank: unlimited."),
            _days("sample_days", "Longest transit of a sample to its lab; blank: unlimited."),
            _days("vein_to_vein_days", "Longest time of an autologous loop; blank: unlimited."),
            _days("shelf_life_days", "Shelf life of finished doses; blank: no stock between periods."),
            Column("demand_at", "choice",
                   "When demand counts as met: dose delivered, or patient entered (autologous only).",
                   default="delivery", choices=("delivery", "entry")),
            Column("indivisible", "flag", "Whether its flows are whole units.", default="no"),
            _TITLE,
        ), required=True),
        Table("operations", "What a stage does to a unit of a therapy, and at what cost.", (
            _stage("stage", "The stage."),
            _key("therapy", "The therapy.", "therapies.therapy", wildcard=True),
            _key("site", "The site.", "sites.site", wildcard=True),
            _money("unit_cost", "Cost per unit entering.", "currency/unit"),
            _days("days", "Duration of the operation.", 0.0),
            Column("output", "number", "Units out per unit in, before losses.", unit="units/unit", default=1.0,
                   minimum=0.0),
            _share("yield", "Share that succeeds.", 1.0),
            Column("load", "number", "Capacity used per unit entering, where capacity is in units per year.",
                   unit="capacity/unit", default=1.0, minimum=0.0),
            _days("occupancy_days", "Days a unit holds a slot, where capacity is in slots; blank: `days`."),
            Column("max_units_per_year", "number", "Most units of the therapy entering the facility; blank: unlimited.",
                   unit="units/year", minimum=0.0),
            _money("holding_cost_per_year", "Per dose in stock at the last stage.", "currency/dose/year"),
        )),
        Table("donor_pools", "Donors of one group in one place.", (
            _key("pool", "Id of the pool."),
            _jurisdiction("Jurisdiction of the donors."),
            Column("donor_group", "id", "Population group of the donors."),
            Column("risk_class", "id", "Class that decides required markers and pass rates."),
            *_COORDINATES,
            Column("registry", "number", "Donors at the start; blank: unlimited supply.", unit="donors", minimum=0.0),
            Column("recruits_per_year", "number", "Most donors that can be recruited.", unit="donors/year",
                   default=0.0, minimum=0.0),
            _money("recruitment_cost", "Per donor recruited.", "currency/donor"),
            _share("attrition_per_year", "Share of the registry lost in a year.", 0.0),
            Column("donations_per_year", "number", "Donations per registered donor.", unit="donations/donor/year",
                   default=1.0, minimum=0.0),
            _money("donation_cost", "Per donation.", "currency/donation"),
            _TITLE,
        )),
        Table("pass_rates", "Share of donations released after testing.", (
            _key("therapy", "The therapy.", "therapies.therapy", wildcard=True),
            _key("risk_class", "The donors' risk class.", "donor_pools.risk_class", wildcard=True),
            _key("market", "The market.", _MARKET, wildcard=True),
            _share("pass_rate", "Share released.", 1.0),
        )),
        Table("panels", "Sets of donor tests that a lab sells; no table: one panel that meets every requirement.", (
            _key("panel", "Id of the panel."),
            Column("markers", "list", "Markers it tests, separated by `;`."),
            _money("unit_cost", "Per sample.", "currency/test"),
            _days("days", "Duration.", 0.0),
        )),
        Table("lab_panels", "Which lab offers which panel; no table: every lab offers every panel.", (
            _key("site", "Site of the lab.", "sites.site"),
            _key("panel", "The panel.", "panels.panel"),
        )),
        Table("required_markers", "Markers a donation must be tested for; all matching rows add up.", (
            _key("market", "The market.", _MARKET, wildcard=True, groups=True),
            _key("risk_class", "The donors' risk class.", "donor_pools.risk_class", wildcard=True),
            _key("therapy", "The therapy.", "therapies.therapy", wildcard=True, groups=True),
            Column("marker", "id", "The marker.", key=True, required=True),
        )),
        Table("transport_modes", "Means of transport from which lanes are derived.", (
            _key("mode", "Id of the mode."),
            Column("carries", "choice", "What it carries.", required=True,
                   choices=("donor", "patient", "sample", "material", "doses")),
            Column("from_stage", "choice", "Stage it leaves from.", default="*", wildcard=True, choices=LEG_ENDS),
            Column("to_stage", "choice", "Stage it goes to.", default="*", wildcard=True, choices=LEG_ENDS),
            Column("state", "choice", "State of what it carries.", default="frozen", choices=("fresh", "frozen")),
            _money("cost", "Per unit.", "currency/unit"),
            _money("cost_per_km", "Per unit and kilometre.", "currency/unit/km"),
            Column("km_per_day", "number", "Speed; blank: transit takes the handling time only.", unit="km/day",
                   above=0.0),
            _days("handling_days", "Time on top of the journey.", 0.0),
            Column("max_km", "number", "Longest lane derived; blank: unlimited.", unit="km", minimum=0.0),
            Column("co2_kg_per_km", "number", "Emission per unit and kilometre.", unit="kg/unit/km", default=0.0,
                   minimum=0.0),
        )),
        Table("lanes", "Lanes that override, add to or close the derived ones.", (
            _key("from", "Where it starts.", "places"),
            _key("to", "Where it ends.", "places"),
            _key("mode", "Mode; one without a row in transport_modes carries anything, frozen."),
            _key("therapy", "The therapy.", "therapies.therapy", wildcard=True),
            _money("unit_cost", "Per unit.", "currency/unit"),
            _days("days", "Transit.", 0.0),
            Column("max_units_per_year", "number", "Most units; blank: unlimited.", unit="units/year", minimum=0.0),
            Column("status", "choice", "Whether the lane can be used.", default="open", choices=("open", "closed")),
        )),
        Table("centres", "Treatment centres or regions; a centre's jurisdiction is its market.", (
            _key("centre", "Id of the centre."),
            _jurisdiction("The centre's market."),
            *_COORDINATES, _TITLE,
        ), required=True),
        Table("demand", "Doses (autologous: patients) wanted.", (
            _key("centre", "The centre.", "centres.centre"),
            _key("therapy", "The therapy.", "therapies.therapy"),
            Column("period", "period", "The period, or `*` for each.", key=True, required=True, wildcard=True,
                   default="*"),
            Column("doses", "number", "Doses wanted in the period.", unit="doses", required=True, minimum=0.0),
            _money("unmet_penalty", "Per dose not served; blank: must be served.", "currency/dose", None),
            _share("min_service", "Share that must be served.", 0.0),
        ), required=True),
        Table("recognition", "Whether a market recognises a stage done in another jurisdiction.", (
            _stage("stage", "The stage.", RULE_STAGES, wildcard=True),
            Column("from", "id", "Jurisdiction of the pool or site.", key=True, references=_MARKET, groups=True),
            Column("market", "id", "The market.", key=True, references=_MARKET, groups=True),
            _key("therapy", "The therapy.", "therapies.therapy", wildcard=True, groups=True),
            Column("verdict", "choice",
                   "recognised; bridging: at extra cost, days and yield; licence: with one; never.",
                   required=True, choices=VERDICTS),
            _money("unit_cost", "Bridging cost per unit entering.", "currency/unit"),
            _days("days", "Bridging days.", 0.0),
            _share("yield", "Bridging yield; blank: 1.", 1.0),
            Column("valid_from", "integer", "First period in which the row holds; blank: always.", unit="period"),
            Column("valid_to", "integer", "Last period in which the row holds; blank: always.", unit="period"),
        )),
        Table("licences", "Licences of a facility for a market.", (
            _key("site", "Where the facility stands.", "sites.site"),
            _stage("stage", "Its stage."),
            Column("market", "id", "The market.", key=True, references=_MARKET),
            Column("status", "choice", "held, or obtainable at a fee.", required=True, choices=("held", "obtainable")),
            _money("opening_cost", "Fee when it is obtained."),
            _money("fixed_cost_per_year", "Paid while held and the facility is open.", YEARLY),
            Column("available_from", "integer", "First period in which it can be held; blank: the first.",
                   unit="period"),
        )),
        Table("prohibitions", "A chain is forbidden if it matches every filled cell.", (
            Column("rule", "id", "Id of the rule.", key=True, required=True),
            Column("therapy", "pattern", "Therapy or group.", references="therapies.therapy", groups=True,
                   wildcard=True),
            Column("donor", "pattern", "Pool, donor group, jurisdiction or group.", groups=True, wildcard=True,
                   references="donor_pools.pool|donor_pools.donor_group|jurisdictions.jurisdiction|donor_pools.jurisdiction"),
            Column("risk_class", "pattern", "Risk class.", references="donor_pools.risk_class", groups=True,
                   wildcard=True),
            *(Column(stage, "pattern", f"Site of {stage}, its jurisdiction, or a group.", groups=True, wildcard=True,
                     references="sites.site|jurisdictions.jurisdiction|sites.jurisdiction")
              for stage in ("collection", "testing")),
            Column("panel", "pattern", "Panel or group.", references="panels.panel", groups=True, wildcard=True),
            *(Column(stage, "pattern", f"Site of {stage}, its jurisdiction, or a group.", groups=True, wildcard=True,
                     references="sites.site|jurisdictions.jurisdiction|sites.jurisdiction")
              for stage in ("processing", "manufacturing", "storage")),
            Column("market", "pattern", "Market or group.", groups=True, wildcard=True,
                   references="jurisdictions.jurisdiction|centres.jurisdiction"),
        )),
        Table("diversity", "What the donors must look like.", (
            Column("requirement", "id", "Id of the requirement.", key=True, required=True),
            _filter("therapy", "Therapy or group; blank: together; `*`: each.", "therapies.therapy"),
            _filter("market", "Market or group; blank: together; `*`: each.", _MARKET),
            _PERIOD_FILTER,
            Column("measure", "choice", "What is required.", required=True, choices=DIVERSITY_MEASURES),
            Column("of", "choice", "What is counted.", default="donor_group", choices=("donor_group", "pool",
                   "jurisdiction")),
            Column("member", "id", "Member (or group, or `*`) the row is about.", wildcard=True, groups=True,
                   references="donor_pools.donor_group|donor_pools.pool|jurisdictions.jurisdiction|donor_pools.jurisdiction"
                              "|patient_groups.patient_group"),
            Column("value", "number", "Right-hand side.", required=True, minimum=0.0),
            Column("level", "choice", "Which donors count.", default="eligible", choices=("recruited", "registry",
                   "eligible")),
            _money("shortfall_penalty", "Per unit short; blank: hard.", "currency/unit", None),
        )),
        Table("patient_groups", "Who the patients of a market are.", (
            _key("market", "The market.", _MARKET),
            Column("patient_group", "id", "The group.", key=True, required=True),
            _share("share", "Share of the market's patients.", required=True),
        )),
        Table("match_classes", "Classes of patients that match donors alike.", (
            _key("patient_group", "The patient group.", "patient_groups.patient_group"),
            Column("match_class", "id", "The class.", key=True, required=True),
            _share("weight", "Share of the patient group.", required=True),
        )),
        Table("match_probabilities", "Probability that one random donor of a group matches.", (
            _key("match_class", "The class of patients.", "match_classes.match_class"),
            _key("donor_group", "The donor group.", "donor_pools.donor_group"),
            _share("probability", "Probability of a match.", required=True),
        )),
        Table("limits", "Bounds on measures of the whole design.", (
            Column("limit", "id", "Id of the limit.", key=True, required=True),
            Column("measure", "choice", "What is bounded.", required=True, choices=LIMIT_MEASURES),
            Column("stage", "choice", "Stage; blank: all.", wildcard=True, choices=STAGES),
            _filter("site", "Site, centre or group; blank: all.", "places"),
            _filter("therapy", "Therapy or group; blank: all.", "therapies.therapy"),
            _filter("jurisdiction", "Jurisdiction or group; blank: all.", _MARKET),
            _filter("market", "Market or group; blank: all.", _MARKET),
            Column("period", "period", "Period; blank: all; `*`: each.", wildcard=True),
            Column("scope", "choice", "One row in total, or one per member of the filters.",
                   default="total", choices=("total", "each")),
            Column("sense", "choice", "min or max.", required=True, choices=("min", "max")),
            Column("value", "number", "Right-hand side.", required=True),
            _money("penalty", "Per unit of violation; blank: hard.", "currency/unit", None),
        )),
        Table("groups", "Names for sets of ids.", (
            Column("group", "id", "Name of the group.", key=True, required=True),
            Column("member", "id", "An id, or another group.", key=True, required=True),
        )),
        Table("scenarios", "What-if overlays: ordered row edits.", (
            Column("scenario", "id", "Id of the scenario.", key=True, required=True),
            Column("order", "integer", "Order of the edit within the scenario.", key=True, required=True),
            Column("table", "text", "Table that is edited.", required=True),
            Column("where", "text", "`column=pattern` separated by `;`, a value with `;` in double quotes; blank: "
                   "every row."),
            Column("set", "text",
                   "`column=value`, `column*=factor`, `column+=amount` separated by `;`; or remove; or add.",
                   required=True),
        )),
        Table("uncertainty", "Scenarios of the stochastic model.", (
            _key("scenario", "The scenario.", "scenarios.scenario"),
            _share("probability", "Its probability.", required=True),
        )),
    )
}  # fmt: skip
"""Every table by name, in the order of the format."""
