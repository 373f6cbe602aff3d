"""The unit of work: every store of one district, bound to one session and so to one transaction."""

from contextlib import AbstractContextManager
from functools import cached_property
from uuid import UUID

from sqlalchemy.orm import Session

from layers import record_tables  # noqa: F401 - declared here until their stores are
from layers.audit import Audit
from layers.barriers import Barriers
from layers.border import Border
from layers.cases import Cases
from layers.catalog import Catalog
from layers.clocks import Clocks
from layers.contacts import Contacts
from layers.coverage import Coverage
from layers.coverage_areas import CoverageAreas
from layers.coverage_reports import CoverageReports
from layers.declarations import Declarations
from layers.demonstration import Demonstrations
from layers.districts import Districts
from layers.due import DueRules
from layers.due_evidence import DueEvidence
from layers.dwellings import Dwellings
from layers.field_stores import FieldStores
from layers.fix_exports import FixExports
from layers.grids import Grids
from layers.ground_cover import GroundCover
from layers.ground_features import GroundFeatures
from layers.heads import Heads
from layers.help import Help
from layers.idempotency import Idempotency
from layers.incidents import Incidents
from layers.items import Items
from layers.letters import Letters
from layers.line_features import LineFeatures
from layers.lineage import Lineage
from layers.marker_visits import MarkerVisits
from layers.markers import Markers
from layers.notices import Notices
from layers.observed import Observed
from layers.outreach import Outreach
from layers.patrols import Patrols
from layers.periods import Periods
from layers.plans import Plans
from layers.projects import Projects
from layers.reached import Reached
from layers.releases import Releases
from layers.reports import Reports
from layers.representatives import Representatives
from layers.retention import Retention
from layers.roads import Roads
from layers.rota import Rota
from layers.row_security import INTAKE, SETTLING, acting
from layers.shifts import Shifts
from layers.staffing import Staffings
from layers.stations import Stations
from layers.stops import Stops
from layers.tasks import Tasks
from layers.tiles import Tiles
from layers.timed_fixes import TimedFixes
from layers.unit_visits import UnitVisits
from layers.volunteers import Volunteers
from layers.watches import Watches
from layers.withdrawals import Withdrawals


class Stores(FieldStores):
    """All stores of one district.

    They share the session: what they write is committed or undone together by whoever owns it. ``roots`` are
    the units at and below which incidents and representatives are shown; None shows those of the district.
    """

    def __init__(self, session: Session, district: str, roots: tuple[UUID, ...] | None = None) -> None:
        self.session = session
        self.district = district
        self.roots = roots

    def below(self, roots: tuple[UUID, ...] | None) -> "Stores":
        """Return the same stores showing only what lies at and below some units."""
        return Stores(self.session, self.district, roots)

    def intake(self) -> AbstractContextManager[None]:
        """Return a block that takes in a report for somebody who may read nothing of what that takes."""
        return acting(self.session, INTAKE)

    def settling(self) -> AbstractContextManager[None]:
        """Return a block that brings tasks and ledgers in step with evidence, whoever brings it."""
        return acting(self.session, SETTLING)

    @cached_property
    def districts(self) -> Districts:
        """The district itself."""
        return Districts(self.session, self.district)

    @cached_property
    def layers(self) -> Catalog:
        """The area layers the district has."""
        return Catalog(self.session, self.district)

    @cached_property
    def releases(self) -> Releases:
        """What was published of the area layers."""
        return Releases(self.session, self.district)

    @cached_property
    def plans(self) -> Plans:
        """The drafts of changes to the area layers."""
        return Plans(self.session, self.district)

    @cached_property
    def lineage(self) -> Lineage:
        """What became of the units from release to release."""
        return Lineage(self.session, self.district)

    @cached_property
    def watches(self) -> Watches:
        """Which units people want to be told of."""
        return Watches(self.session, self.district)

    @cached_property
    def notices(self) -> Notices:
        """What people are told of what is theirs."""
        return Notices(self.session, self.district)

    @cached_property
    def dwellings(self) -> Dwellings:
        """The places with households."""
        return Dwellings(self.session, self.district)

    @cached_property
    def lines(self) -> LineFeatures:
        """The roads, rivers and tracks."""
        return LineFeatures(self.session, self.district)

    @cached_property
    def roads(self) -> Roads:
        """The roads for finding the way."""
        return Roads(self.session, self.district)

    @cached_property
    def grids(self) -> Grids:
        """The units of the area layers."""
        return Grids(self.session, self.district)

    @cached_property
    def barriers(self) -> Barriers:
        """What patrols do not see past."""
        return Barriers(self.session, self.district)

    @cached_property
    def cover(self) -> GroundCover:
        """What covers the ground."""
        return GroundCover(self.session, self.district)

    @cached_property
    def ground_features(self) -> GroundFeatures:
        """What lies on the ground, packed."""
        return GroundFeatures(self.session, self.district)

    @cached_property
    def border(self) -> Border:
        """The border segments."""
        return Border(self.session, self.district)

    @cached_property
    def markers(self) -> Markers:
        """The markers of all kinds."""
        return Markers(self.session, self.district)

    @cached_property
    def stations(self) -> Stations:
        """The service stations."""
        return Stations(self.session, self.district)

    @cached_property
    def rota(self) -> Rota:
        """The duties at the stations."""
        return Rota(self.session, self.district)

    @cached_property
    def volunteers(self) -> Volunteers:
        """The volunteers."""
        return Volunteers(self.session, self.district)

    @cached_property
    def help(self) -> Help:
        """The requests for help."""
        return Help(self.session, self.district)

    @cached_property
    def representatives(self) -> Representatives:
        """The representatives and their units."""
        return Representatives(self.session, self.district, self.roots)

    @cached_property
    def demonstrations(self) -> Demonstrations:
        """The demonstration households, and who leads the levels above them."""
        return Demonstrations(self.session, self.district, self.roots)

    @cached_property
    def staffings(self) -> Staffings:
        """The proposals of who has which home grid."""
        return Staffings(self.session, self.district)

    @cached_property
    def incidents(self) -> Incidents:
        """The incidents and their logs."""
        return Incidents(self.session, self.district, self.roots)

    @cached_property
    def cases(self) -> Cases:
        """What is done about incidents."""
        return Cases(self.session, self.district, self.roots)

    @cached_property
    def withdrawals(self) -> Withdrawals:
        """The incidents that were withdrawn."""
        return Withdrawals(self.session, self.district, self.roots)

    @cached_property
    def patrols(self) -> Patrols:
        """The patrols and their fixes."""
        return Patrols(self.session, self.district)

    @cached_property
    def clocks(self) -> Clocks:
        """What is known of the clocks of devices."""
        return Clocks(self.session, self.district)

    @cached_property
    def timed_fixes(self) -> TimedFixes:
        """The fixes by the times at which they were."""
        return TimedFixes(self.session, self.district)

    @cached_property
    def shifts(self) -> Shifts:
        """The shifts that run."""
        return Shifts(self.session, self.district)

    @cached_property
    def marker_visits(self) -> MarkerVisits:
        """Which markers people came to, each at one place at a time."""
        return MarkerVisits(self.session, self.district)

    @cached_property
    def unit_visits(self) -> UnitVisits:
        """Who was in which unit, and when."""
        return UnitVisits(self.session, self.district)

    @cached_property
    def declarations(self) -> Declarations:
        """What people say they walked without a track."""
        return Declarations(self.session, self.district)

    @cached_property
    def areas_seen(self) -> CoverageAreas:
        """The ground that was in sight."""
        return CoverageAreas(self.session, self.district)

    @cached_property
    def coverage(self) -> Coverage:
        """The coverage ledgers."""
        return Coverage(self.session, self.district)

    @cached_property
    def observed(self) -> Observed:
        """What was observed of the border on which days."""
        return Observed(self.session, self.district)

    @cached_property
    def reached(self) -> Reached:
        """Which units and markers were reached."""
        return Reached(self.session, self.district)

    @cached_property
    def due_rules(self) -> DueRules:
        """How often what is to be visited."""
        return DueRules(self.session, self.district)

    @cached_property
    def due_evidence(self) -> DueEvidence:
        """What proves visits of markers and units."""
        return DueEvidence(self.session, self.district)

    @cached_property
    def tasks(self) -> Tasks:
        """What is open, and who is asked to close it."""
        return Tasks(self.session, self.district)

    @cached_property
    def coverage_reports(self) -> CoverageReports:
        """What somebody signed for."""
        return CoverageReports(self.session, self.district)

    @cached_property
    def outreach(self) -> Outreach:
        """The meetings and visits, and what came of them."""
        return Outreach(self.session, self.district, self.roots)

    @cached_property
    def stops(self) -> Stops:
        """The stops of the mobile service."""
        return Stops(self.session, self.district)

    @cached_property
    def periods(self) -> Periods:
        """The plans of periods, and what was carried out of them."""
        return Periods(self.session, self.district, self.roots)

    @cached_property
    def letters(self) -> Letters:
        """The letters about what is late."""
        return Letters(self.session, self.district, self.roots)

    @cached_property
    def projects(self) -> Projects:
        """The projects with their sites and teams."""
        return Projects(self.session, self.district, self.roots)

    @cached_property
    def reports(self) -> Reports:
        """The numbers of periods, and their rows."""
        return Reports(self.session, self.district, self.roots)

    @cached_property
    def audit(self) -> Audit:
        """The audit: who did what."""
        return Audit(self.session, self.district)

    @cached_property
    def contacts(self) -> Contacts:
        """Who reported the incidents."""
        return Contacts(self.session, self.district)

    @cached_property
    def fix_exports(self) -> FixExports:
        """The requests for raw fixes."""
        return FixExports(self.session, self.district)

    @cached_property
    def retention(self) -> Retention:
        """What is kept, and until when."""
        return Retention(self.session, self.district)

    @cached_property
    def idempotency(self) -> Idempotency:
        """The idempotency keys."""
        return Idempotency(self.session, self.district)

    @cached_property
    def heads(self) -> Heads:
        """How often each layer has changed."""
        return Heads(self.session, self.district)

    @cached_property
    def items(self) -> Items:
        """Every layer as GeoJSON."""
        return Items(self.session, self.district, self.roots)

    @cached_property
    def tiles(self) -> Tiles:
        """Every layer as vector tiles."""
        return Tiles(self.session, self.district, self.roots)
