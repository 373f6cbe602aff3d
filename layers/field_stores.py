"""The part of the unit of work that stores what devices send from the field."""

from functools import cached_property

from sqlalchemy.orm import Session

from layers.field_batches import Batches
from layers.field_files import FieldFiles
from layers.field_incidents import FieldIncidents
from layers.field_tracks import FieldTracks
from layers.quarantine import Quarantine
from layers.track_withdrawals import TrackWithdrawals
from layers.visits import Visits


class FieldStores:
    """The stores of one district for what comes from the field, bound to one session."""

    session: Session
    district: str

    @cached_property
    def batches(self) -> Batches:
        """What devices sent at once."""
        return Batches(self.session, self.district)

    @cached_property
    def field_tracks(self) -> FieldTracks:
        """The tracks that devices send in parts."""
        return FieldTracks(self.session, self.district)

    @cached_property
    def track_withdrawals(self) -> TrackWithdrawals:
        """The recordings, and times of them, that count no more."""
        return TrackWithdrawals(self.session, self.district)

    @cached_property
    def visits(self) -> Visits:
        """What was done at markers."""
        return Visits(self.session, self.district)

    @cached_property
    def field_incidents(self) -> FieldIncidents:
        """What devices call their incidents."""
        return FieldIncidents(self.session, self.district)

    @cached_property
    def field_files(self) -> FieldFiles:
        """The photos from the field."""
        return FieldFiles(self.session, self.district)

    @cached_property
    def quarantine(self) -> Quarantine:
        """What came from the field and could not be stored."""
        return Quarantine(self.session, self.district)
