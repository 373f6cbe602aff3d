"""Which test holds which named edge case of patrols; where two are named, one is of lines and one of more.

=============================================  ====================================================================
outlier first fix                              test_track.test_outlier_first_fix, test_coverage.test_outlier_first_fix_costs_nothing
jump there and back                            test_track.test_jump_there_and_back, test_coverage.test_jump_there_and_back_costs_nothing
teleport                                       test_track.test_teleport_keeps_both_sides, test_coverage.test_teleport_along_the_line_is_a_gap
0, 0 fix                                       test_track.test_null_island_fix
frozen clock                                   test_track.test_frozen_clock
clock two hours off                            test_tracks.test_a_clock_two_hours_off_is_set_right_on_word, test_track.test_a_clock_two_hours_off_is_a_track_two_hours_off
year 1901                                      test_track.test_year_1901_and_the_future
duplicated file                                test_track.test_duplicated_file, test_tracks.test_the_same_file_twice_is_one_patrol
overlapping re-upload                          test_tracks.test_overlapping_uploads_in_any_order_are_one_walk, test_visits.test_shuffled_and_split_files_are_the_same_visits
shuffled batch                                 test_track.test_shuffled_batch
two devices one person                         test_ledger.test_two_devices_one_person, test_devices.test_two_devices_of_one_person_are_told_and_the_longer_counts
one device two shifts                          test_track.test_one_device_two_shifts, test_visits.test_another_person_is_another_visit
car then foot                                  test_track.test_car_then_foot, test_tracks.test_car_then_foot_in_one_table_are_two_patrols
border loop                                    test_coverage.test_border_loop_reaches_both_ends
hairpin                                        test_coverage.test_hairpin_of_30_m_with_one_limb_walked
switchback                                     test_coverage.test_switchback
parallel track 30 m inside                     test_coverage.test_parallel_track_30_m_inside
perpendicular crossing                         test_coverage.test_crossing_is_not_walking
walk along a grid edge                         test_visits.test_walk_along_a_grid_edge
stay on a grid corner                          test_visits.test_stay_on_a_grid_corner
patrol over midnight                           test_coverage.test_patrol_over_midnight_is_split_by_time, test_visits.test_a_visit_over_midnight_keeps_its_judgement_on_both_days
patrol over month end                          test_tracks.test_a_walk_over_the_end_of_a_month_is_whole
patrol over a redefinition                     test_tracks.test_a_patrol_over_midnight_into_a_redefined_segment_is_split_there, test_ledger.test_a_redefinition_of_units_and_markers_splits_at_its_day
marker passed between two fixes                test_visits.test_marker_passed_between_two_fixes
marker on the other bank                       test_visits.test_marker_on_the_other_bank
track over the national line                   test_seen.test_track_over_the_national_line, test_ledger.test_the_lines_beyond_the_district_see_nothing
never in public views                          test_coverage.test_a_track_over_the_line_is_in_no_public_view
=============================================  ====================================================================
"""  # noqa: E501

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
NAMED = re.findall(r"(test_\w+)\.(test_\w+)", __doc__)


@pytest.mark.parametrize(("module", "test"), NAMED)
def test_the_table_names_tests_there_are(module: str, test: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in TESTS.rglob(f"{module}.py")]
    assert any(f"def {test}(" in text for text in texts)


def test_every_case_is_there() -> None:
    assert len(NAMED) >= 39
