"""What is drawn is what the store holds."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.container import BarContainer

from qbench.exceptions import PlotError, UnknownNameError
from qbench.report.plots import KINDS, Source, find_kinds, plot
from qbench.stats import mean_interval
from qbench.store import open_store
from tests.report.timed import TimedRun
from tests.report_plots.conftest import course_of

DRAWN = {
    "grid": set(KINDS) - {"confusion", "gradient-depth", "expressibility", "speed"},
    "plain": set(KINDS) - {"gradient-variance", "gradient-depth", "expressibility", "speed"},
    "timed": {"speed"},
    "plateaus": {"gradient-variance", "gradient-depth"},
    "depths": {"gradient-variance", "gradient-depth"},
    "atlas": {"expressibility"},
    "layered_atlas": {"expressibility"},
}
"""What each run has the figures for; the accuracies of ``grid`` are made up."""


@pytest.fixture
def source_of(results):
    with open_store(results, writable=False) as store:
        yield lambda run, **asked: Source.open(store, store.resolve_run(run), **asked)


def lines(figure):
    """Label -> the y values of its line, over all panels of the figure."""
    found = {}
    for axes in figure.axes:
        for container in axes.containers:
            found.setdefault(container.get_label(), []).extend(container[0].get_ydata())
    return found


def test_the_error_is_one_less_the_accuracy_with_the_interval_of_the_statistics(source_of):
    source = source_of("grid")
    figure, drawing = plot(source, "error")
    assert list(drawing.points["x"]) == ["2", "4", "10"]
    accuracy = source.frame[source.frame["variant"] == "reference"]
    for row in drawing.points.itertuples():
        values = accuracy[accuracy["labels.n_qubits"] == row.x]["metrics.accuracy"].dropna()
        expected = mean_interval(1 - values.to_numpy())
        assert (row.y, row.y_low, row.y_high) == pytest.approx(
            (expected.estimate, expected.low, expected.high)
        )
    assert lines(figure)["qnn"] == pytest.approx(list(drawing.points["y"]))
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["2", "4", "10"]


def test_bars_of_a_method_have_their_intervals_and_what_was_published_of_them(source_of):
    figure, drawing = plot(source_of("reduced"), "error-bars")
    assert [axes.get_title() for axes in figure.axes] == ["images = mnist", "images = cifar10"]
    first = drawing.points[drawing.points["panel"] == "images = mnist"]
    assert list(zip(first["x"], first["series"], strict=True)) == [
        ("crop", "n = 4"), ("crop", "n = 8"), ("pca", "n = 4"), ("pca", "n = 8")
    ]  # fmt: skip
    bars = [c for c in figure.axes[0].containers if isinstance(c, BarContainer)]
    assert [[b.get_height() for b in bar] for bar in bars] == [
        pytest.approx(list(first[first["series"] == name]["y"])) for name in ("n = 4", "n = 8")
    ]
    expected = mean_interval(1 - np.array([0.5, 0.51, 0.52]))
    assert (first["y_low"].iloc[0], first["y_high"].iloc[0]) == pytest.approx(
        (expected.low, expected.high)
    )
    told = drawing.lines
    assert list(told["panel"]) == ["images = mnist"] * 2
    assert list(told["y"]) == pytest.approx([0.4, 0.3])
    assert told["y_low"].iloc[0] < 0.4 < told["y_high"].iloc[0] < 0.6
    marks = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "D"]
    assert [y for mark in marks for y in mark.get_ydata()] == pytest.approx([0.4, 0.3])
    assert {x for mark in marks for x in mark.get_xdata()} == {bars[0][0].get_x() + 0.18}
    assert "published" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_without_an_axis_each_method_has_a_row(source_of):
    figure, drawing = plot(source_of("plain"), "error")
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["qnn", "forest"]
    drawn = [float(c[0].get_xdata()[0]) for c in axes.containers]
    assert drawn == list(drawing.points["y"]) == pytest.approx([2 / 30, 2 / 30])


def test_learning_curves_are_medians_with_quartiles_of_both_losses(source_of):
    figure, drawing = plot(source_of("plain"), "learning")
    train = drawing.points[drawing.points["part"] == "train"]
    assert list(train["y"]) == pytest.approx([2, 1, 2 / 3])
    assert list(train["y_low"]) == pytest.approx([1.5, 0.75, 0.5])
    (axes,) = figure.axes
    assert axes.lines[0].get_ydata() == pytest.approx([2, 1, 2 / 3])
    assert axes.lines[1].get_ydata() == pytest.approx([1, 0.5, 1 / 3])
    assert len(axes.collections) == 2


def test_times_have_a_panel_a_phase_and_a_series_a_variant(source_of):
    figure, drawing = plot(source_of("grid"), "time")
    titles = ["import (s)", "compile (s)", "step (ms)", "evaluation (ms)"]
    assert [axes.get_title() for axes in figure.axes] == titles
    steps = drawing.points[drawing.points["panel"] == "step (ms)"]
    assert list(steps[steps["series"] == "pennylane"]["y"]) == [4, 8, 20]
    assert set(drawing.points[drawing.points["panel"] == "compile (s)"]["y"]) == {0.1}
    assert set(drawing.points[drawing.points["panel"] == "evaluation (ms)"]["y"]) == {2.0}
    assert all(axes.get_yscale() == "log" for axes in figure.axes)


def test_accuracy_stands_against_the_time_of_training_or_of_the_fit(source_of):
    figure, drawing = plot(source_of("plain"), "accuracy-time")
    found = drawing.points.set_index("series")
    assert (found["x"]["qnn"], found["x"]["forest"]) == pytest.approx((2.0, 0.02))
    (axes,) = figure.axes
    assert [list(c[0].get_xdata()) for c in axes.containers] == [[2.0], pytest.approx([0.02])]


def test_a_method_without_a_number_of_parameters_is_named_as_left_out(source_of):
    _, drawing = plot(source_of("plain"), "accuracy-parameters")
    assert drawing.points["x"].tolist() == [18]
    assert drawing.notes == ("left out, without a number of parameters: forest",)


def test_the_gradient_variance_is_against_qubits_where_an_axis_gives_them(source_of):
    figure, drawing = plot(source_of("grid"), "gradient-variance")
    assert (drawing.x_label, list(drawing.points["x"])) == ("qubits", [2, 4, 10])
    assert lines(figure)["qnn"] == [2.0**-2, 2.0**-4, 2.0**-10]
    assert drawing.points["y_high"].tolist() == pytest.approx(
        [1.3 * v for v in drawing.points["y"]]
    )


def test_local_and_global_cost_stand_in_one_panel_with_their_fits_and_the_theory(source_of):
    figure, drawing = plot(source_of("plateaus"), "gradient-variance")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [f"depth = {d}\n-0.69 | 0.00 per qubit" for d in ("1", "n")]
    assert set(drawing.points["series"]) == {"global", "local"}
    fits = drawing.lines[drawing.lines["kind"] == "fit"].groupby(["panel", "series"])
    for (_, series), line in fits:
        slope = np.diff(np.log(line["y"])) / np.diff(line["x"])
        assert slope == pytest.approx(-np.log(2) if series == "global" else 0, abs=0.01)
        assert list(line["x"]) == [2, 10]  # the undersampled point lies beyond the fit
    theory = drawing.lines[(drawing.lines["kind"] == "theory")]
    first = theory[(theory["series"] == "global") & theory["panel"].str.startswith("depth = 1")]
    assert list(first["y"]) == pytest.approx([2.0**-n for n in range(2, 11)])
    (hollow,) = drawing.points[drawing.points["hollow"]]["x"]
    assert hollow == 11
    assert any("decays exponentially, 0.69" in note for note in drawing.notes)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["global", "local", "theory", "undersampled"]


def test_one_panel_has_its_slopes_in_the_legend(source_of):
    figure, _ = plot(source_of("plateaus", where={"depth": "1"}), "gradient-variance")
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[:2] == ["global, -0.69 per qubit", "local, 0.00 per qubit"]


def test_hollow_marks_are_the_undersampled_ones(source_of):
    figure, _ = plot(source_of("plateaus", where={"depth": "n"}), "gradient-variance")
    white = [m for axes in figure.axes for m in axes.lines if m.get_markerfacecolor() == "white"]
    assert [list(mark.get_xdata()) for mark in white] == [[11]]


def test_variance_against_depth_has_a_line_a_number_of_qubits(source_of):
    figure, drawing = plot(source_of("depths"), "gradient-depth")
    assert drawing.x_label == "layers"
    assert [axes.get_title() for axes in figure.axes] == ["global", "local"]
    assert list(dict.fromkeys(drawing.points["series"])) == ["n = 2", "n = 4", "n = 6"]
    assert list(dict.fromkeys(drawing.points["x"])) == [1, 5, 50]
    assert drawing.lines.empty


def test_a_rule_for_the_depth_is_drawn_at_the_circuits_own_depth(source_of):
    source = source_of("plateaus", where={"circuit": "global"})
    source.frame["counts.depth"] = [1 if d == "1" else 20 for d in source.frame["labels.depth"]]
    _, drawing = plot(source, "gradient-depth")
    assert (drawing.x_label, set(drawing.points["x"])) == ("depth", {1, 20})


def test_the_course_is_the_variance_over_seeds_and_the_mean_norm(source_of):
    figure, drawing = plot(source_of("plain"), "gradient-course")
    assert [axes.get_title() for axes in figure.axes] == ["variance over seeds", "gradient norm"]
    starts = np.array([course_of(seed)["pqc"][0, 0] for seed in range(3)])
    variance = drawing.points[drawing.points["panel"] == "variance over seeds"]
    first = starts.var(axis=0, ddof=1).mean()
    assert list(variance["x"]) == [0, 1, 2, 3]
    assert list(variance["y"]) == pytest.approx([first / 4**epoch for epoch in range(4)])
    norm = drawing.points[drawing.points["panel"] == "gradient norm"]
    assert norm["y"].iloc[0] == pytest.approx(np.linalg.norm(starts, axis=1).mean())
    assert set(drawing.points["series"]) == {"qnn"}


def test_circuits_stand_by_number_and_the_numbers_hide_nothing(source_of):
    figure, drawing = plot(source_of("atlas"), "expressibility")
    (axes,) = figure.axes
    assert (len(drawing.points), axes.get_xscale()) == (19, "log")
    assert [text.get_text() for text in axes.texts] == [str(i) for i in range(1, 20)]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == [*(f"sim_{i}" for i in range(1, 20)), "Haar states"]
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    overlaps = [a for i, a in enumerate(boxes) for b in boxes[:i] if a.shrunk(0.8, 0.8).overlaps(b)]
    assert not overlaps


def test_circuits_of_different_depths_have_panels_and_keep_their_numbers(source_of):
    figure, drawing = plot(source_of("layered_atlas"), "expressibility")
    assert [axes.get_title() for axes in figure.axes] == ["n_layers = 1", "n_layers = 2"]
    assert list(dict.fromkeys(drawing.points["series"])) == [f"sim, number = {i}" for i in "123"]
    assert [[t.get_text() for t in axes.texts] for axes in figure.axes] == [list("123")] * 2


def test_more_panels_than_can_be_read_are_refused_with_a_filter(source_of):
    source = source_of("plateaus")
    for i, place in enumerate(source.frame.index):
        source.frame.loc[place, "labels.depth"] = str(i // 2 + 100)
    with pytest.raises(PlotError, match="more than can be read; choose some of them: --filter"):
        plot(source, "gradient-variance")


def test_confusion_counts_test_rows_over_all_seeds(source_of):
    figure, drawing = plot(source_of("plain"), "confusion")
    counts = drawing.points[drawing.points["panel"] == "qnn"]["count"].to_numpy().reshape(3, 3)
    assert counts.sum() == 90
    assert counts.sum() - np.trace(counts) == 1 + 2 + 3
    texts = [int(text.get_text()) for text in figure.axes[0].texts]
    assert texts == counts.ravel().tolist()


def test_confusion_refuses_data_that_is_no_longer_what_the_trial_saw(source_of):
    source = source_of("plain")
    source.frame["metrics.accuracy"] = 0.5
    with pytest.raises(PlotError, match="not those that it saw"):
        plot(source, "confusion")


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_draws_an_empty_picture(source_of, kind):
    with pytest.raises(PlotError, match=r"run \w+"):
        plot(source_of("failed"), kind)


def test_times_stand_over_qubits_with_the_floor_of_each_precision(source_of):
    figure, drawing = plot(source_of("timed"), "speed")
    assert list(dict.fromkeys(drawing.points["panel"])) == [
        *("forward, batch size 1", "forward, batch size 32"),
        *("step, batch size 1", "step, batch size 32"),
    ]
    names = ["reference (d, adjoint, double)", "quick (d, adjoint, single)"]
    assert list(dict.fromkeys(drawing.points["series"])) == names
    one = drawing.points.query("panel == 'step, batch size 32' and series == @names[0] and x == 8")
    assert list(one["y"]) == pytest.approx([1e3 * 1e-5 * 32 * 2.0**8 * 1.05])
    assert set(drawing.lines["series"]) == {"memory floor, double", "memory floor, single"}
    floor = drawing.lines.query("panel == 'step, batch size 32' and x == 8")
    assert list(floor["y"]) == pytest.approx([1e-6 * 2.0**8] * 2)
    lowest = figure.axes[0].get_ylim()[0]  # the floor is far below, and would squeeze the rest
    assert lowest == pytest.approx(drawing.points["y_low"].min() / 10)
    _, by_batch = plot(source_of("timed", where={"n": "8"}), "speed")
    assert by_batch.x_label == "batch size"
    assert sorted(set(by_batch.points["x"])) == [1, 32]
    _, asked = plot(source_of("timed", by="n"), "speed")
    assert (asked.x_label, sorted(set(asked.points["x"]))) == ("n", [4, 8, 12])


def test_each_circuit_has_panels_of_its_own(tmp_path):
    with open_store(tmp_path / "timed.db") as store:
        made = TimedRun(store)
        for circuit, seconds in (("deep", 0.2), ("flat", 0.1)):
            for n in (2, 3):
                made.cell("a", [seconds * n] * 6, n=n, circuit=circuit)
        made.save()
        drawing = KINDS["speed"].figures(Source.open(store, made.id))
    assert list(zip(drawing.points["panel"], drawing.points["y"], strict=True)) == [
        ("deep", pytest.approx(400)), ("deep", pytest.approx(600)),
        ("flat", pytest.approx(200)), ("flat", pytest.approx(300)),
    ]  # fmt: skip


def test_rows_can_be_chosen_and_laid_out(source_of):
    source = source_of("grid", where={"n_qubits": "4", "variant": "penny*"})
    assert set(source.frame["labels.n_qubits"]) == {"4"}
    assert set(source.frame["variant"]) == {"pennylane"}
    assert source_of("grid", by="n_qubits").main_axis() == "n_qubits"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"by": "n_qubit"}, "no axis 'n_qubit' in the run; did you mean 'n_qubits'"),
        ({"metric": "acuracy"}, "did you mean 'accuracy'"),
        ({"metric": "rmse"}, "rmse"),
    ],
)
def test_a_wrong_name_is_told_with_the_nearest(source_of, asked, said):
    with pytest.raises(UnknownNameError, match=said):
        source_of("grid", **asked)


def test_a_wrong_kind_is_told_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'learning'"):
        find_kinds("lerning")
    assert find_kinds("all") == list(KINDS)


PAIRS = [(run, kind) for run in DRAWN for kind in KINDS]


@pytest.mark.parametrize(("run", "kind"), [(r, k) for r, k in PAIRS if k not in DRAWN[r]])
def test_what_a_run_has_no_figures_for_is_refused(source_of, run, kind):
    with pytest.raises(PlotError, match=r"run \w+|trial"):
        plot(source_of(run), kind)


@pytest.mark.parametrize(("run", "kind"), [(r, k) for r, k in PAIRS if k in DRAWN[r]])
@pytest.mark.parametrize("grey", [False, True])
def test_a_picture_is_a_column_wide_and_nothing_in_it_is_clipped(source_of, run, kind, grey):
    figure, _ = plot(source_of(run), kind, grey=grey)
    _check_layout(figure)


@pytest.mark.parametrize(
    "device", ["default.qubit", "a.device.of.a.very.long.name.that.fills.a.line"]
)
def test_times_of_many_variants_take_two_columns_and_clip_nothing(tmp_path, device):
    with open_store(tmp_path / "timed.db") as store:
        made = TimedRun(store)
        for number in range(20):
            variant = f"pennylane[device={device},threads={number}]"
            for measure in ("forward", "gradient", "step"):
                for n in (2, 3):
                    made.cell(variant, [n] * 6, n=n, measure=measure, device=device)
        made.save()
        figure, _ = plot(Source.open(store, made.id), "speed")
    _check_layout(figure, width=6.8)
    assert [axes.get_title() for axes in figure.axes] == ["forward", "gradient", "step"]
    assert len({round(axes.get_position().y0, 6) for axes in figure.axes}) == 1
    for axes in figure.axes:  # however long the legend
        assert axes.get_position().height * figure.get_figheight() > 1.5, "inches"


def test_panels_of_bars_stand_below_each_other_and_clip_nothing(source_of):
    figure, _ = plot(source_of("reduced"), "error-bars")
    _check_layout(figure)
    above, below = (axes.get_position() for axes in figure.axes)
    assert (above.x0, above.width) == pytest.approx((below.x0, below.width))
    assert above.y0 > below.y1
    for axes in figure.axes:  # one scale, wide enough for every panel
        low, high = axes.get_ylim()
        assert (low, high > 0.93) == (0, True)


def _check_layout(figure, width=3.4):
    """A column wide, nothing clipped, the legend beside the data."""
    assert figure.get_figwidth() == pytest.approx(width)
    figure.draw_without_rendering()
    inside = figure.bbox.padded(1)
    legends = [legend.get_window_extent() for legend in figure.legends]
    for box in legends:
        assert inside.contains(box.x0, box.y0)
        assert inside.contains(box.x1, box.y1)
    for axes in (a for a in figure.axes if a.get_visible()):
        box = axes.get_tightbbox()
        assert inside.contains(box.x0, box.y0)
        assert inside.contains(box.x1, box.y1)
        assert not any(legend.overlaps(box.shrunk(0.99, 0.99)) for legend in legends)


def test_series_differ_in_more_than_colour():
    from qbench.report.plots.style import looks

    found = looks([str(i) for i in range(11)], grey=True)
    assert len({look.marker for look in found.values()}) == 11
