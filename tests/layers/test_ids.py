from layers.ids import feature_id, new_id


def test_ids_made_later_sort_later_and_are_version_7() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == 1000
    assert {one.version for one in made} == {7}


def test_feature_ids_are_exact_in_a_browser() -> None:
    made = {feature_id(new_id()) for _ in range(10_000)}
    assert len(made) == 10_000
    assert max(made) < 2**53
    assert all(float(one) == one for one in made)
