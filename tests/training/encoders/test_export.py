"""An encoder on its way into the eight-bit file and back, on a small one with an outlier channel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("onnx")

from detector.training.encoders.export import export_body, export_vectors  # noqa: E402
from detector.training.encoders.model import SpunEncoder  # noqa: E402 - needs torch
from detector.training.encoders.outlier_channels import outlier_channels, split_outlier_channels  # noqa: E402
from detector.training.encoders.rounding import TOP, round_encoder  # noqa: E402
from detector.training.encoders.shipped_weights import load_shipped  # noqa: E402

WORDS, WIDTH = 60, 48
LARGE_INPUT, HEAVY_INPUT = 7, 3
UNSEEN = [[(7 * at + text) % WORDS for at in range(20)] for text in range(8)]
TEXTS = [[(3 * at + text) % WORDS for at in range(20)] for text in range(8)]


def small(*, expects: bool = False) -> SpunEncoder:
    torch.manual_seed(1)
    shape = transformers.BertConfig(
        vocab_size=WORDS, hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96
    )
    body = transformers.BertModel(shape, add_pooling_layer=False)

    def transform() -> torch.nn.Module:
        return torch.nn.Sequential(torch.nn.Linear(WIDTH, WIDTH), torch.nn.GELU(), torch.nn.LayerNorm(WIDTH))

    encoder = SpunEncoder(body, transform(), torch.randn(WORDS), transform() if expects else None)
    with torch.no_grad():
        for parameter in encoder.parameters():  # the exporter merges what is equal, as in no trained encoder
            parameter.add_(0.02 * torch.randn_like(parameter))
        encoder.body.encoder.layer[1].output.LayerNorm.weight[LARGE_INPUT] = 200.0
        encoder.body.encoder.layer[0].output.dense.weight[:, HEAVY_INPUT] = 5.0
    return encoder.eval()


def strayed(*, expects: bool = False) -> SpunEncoder:
    """One whose weights are others, but for the word vectors, which stay as pretrained."""
    encoder = small(expects=expects)
    with torch.no_grad():
        for parameter in encoder.parameters():
            if parameter.requires_grad:
                parameter.add_(0.3)
    return encoder


@pytest.fixture
def encoder() -> SpunEncoder:
    return small()


def answers(encoder: SpunEncoder, ids: list[int]) -> np.ndarray:
    with torch.no_grad():
        logits, fits = encoder(torch.tensor([ids]), torch.ones(1, len(ids)).long())
    return np.concatenate([logits[0][:, None].numpy(), fits[0].numpy()], axis=1)


def shipped_answers(path: Path, encoder: SpunEncoder, ids: list[int]) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    logits, fits = session.run(None, {"vectors": encoder.words[ids].detach().numpy()})
    return np.concatenate([logits[:, None], fits], axis=1)


def test_an_input_that_is_far_louder_than_the_rest_is_found(encoder: SpunEncoder) -> None:
    found = outlier_channels(encoder, TEXTS)
    assert LARGE_INPUT in found["transform.0"].outliers.tolist()


def test_an_input_that_weighs_far_more_than_the_rest_is_found(encoder: SpunEncoder) -> None:
    found = outlier_channels(encoder, TEXTS)
    assert HEAVY_INPUT in found["body.encoder.layer.0.output.dense"].outliers.tolist()


def test_louder_inputs_are_divided_by_more(encoder: SpunEncoder) -> None:
    with torch.no_grad():
        encoder.body.embeddings.LayerNorm.weight[LARGE_INPUT] = 16.0
    scales = outlier_channels(encoder, TEXTS)["body.encoder.layer.0.attention.self.key"].scales
    assert int(scales.argmax()) == LARGE_INPUT
    assert float(scales.median()) == pytest.approx(1.0)


def test_a_split_encoder_says_the_same(encoder: SpunEncoder) -> None:
    exact = answers(encoder, TEXTS[0])
    split_outlier_channels(encoder, TEXTS)
    np.testing.assert_allclose(answers(encoder, TEXTS[0]), exact, atol=2e-3)


def test_the_shipped_encoder_says_what_the_float_one_says(encoder: SpunEncoder, tmp_path: Path) -> None:
    exact = answers(encoder, TEXTS[0])
    export_body(small(), tmp_path / "split.onnx", TEXTS)
    export_body(small(), tmp_path / "whole.onnx", [])
    apart, together = (
        np.abs(shipped_answers(tmp_path / f"{name}.onnx", encoder, TEXTS[0]) - exact).mean()
        for name in ("split", "whole")
    )
    assert apart < together / 3


def test_training_can_go_on_from_the_shipped_files(encoder: SpunEncoder, tmp_path: Path) -> None:
    export_vectors(encoder, tmp_path / "small-vectors.npz")
    export_body(small(), tmp_path / "small.onnx", TEXTS, nearest=True)
    again = strayed()
    load_shipped(again, tmp_path / "small")
    for (name, was), now in zip(encoder.named_parameters(), again.parameters(), strict=True):
        limit = float(was.abs().max()) / 60 + 1e-6  # seven bits
        assert float((was - now).abs().max()) < limit, name


def test_training_goes_on_from_what_the_shipped_encoder_says(encoder: SpunEncoder, tmp_path: Path) -> None:
    exact = answers(encoder, TEXTS[0])
    export_vectors(encoder, tmp_path / "small-vectors.npz")
    export_body(small(), tmp_path / "small.onnx", TEXTS)
    again = strayed()
    load_shipped(again, tmp_path / "small")
    assert np.abs(answers(again, TEXTS[0]) - exact).mean() < 0.02 * np.abs(exact).mean()


def test_rounding_that_is_made_good_is_nearer_on_texts_it_has_not_seen(encoder: SpunEncoder, tmp_path: Path) -> None:
    export_body(small(), tmp_path / "good.onnx", TEXTS)
    export_body(small(), tmp_path / "nearest.onnx", TEXTS, nearest=True)
    good, nearest = (
        np.mean(
            [
                np.abs(shipped_answers(tmp_path / f"{name}.onnx", encoder, text) - answers(encoder, text))
                for text in UNSEEN
            ]
        )
        for name in ("good", "nearest")
    )
    assert good < 0.95 * nearest


def test_the_file_holds_the_levels_that_were_chosen(tmp_path: Path) -> None:
    import onnx

    encoder = small()
    encoder.body.set_attn_implementation("eager")
    split_outlier_channels(encoder, TEXTS)
    chosen = round_encoder(encoder, TEXTS)
    export_body(small(), tmp_path / "small.onnx", TEXTS)
    graph = onnx.load(str(tmp_path / "small.onnx")).graph
    stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    found = {key.removesuffix(".levels"): key for key in stored if key.endswith(".levels")}
    assert found.keys() == chosen.keys()
    for name, key in found.items():
        assert np.array_equal(stored[key], chosen[name].levels.numpy()), name
        assert int(np.abs(stored[key]).max()) <= TOP


def test_a_third_head_is_shipped_with_the_others(tmp_path: Path) -> None:
    import onnxruntime

    encoder = small(expects=True)
    export_vectors(encoder, tmp_path / "small-vectors.npz")
    export_body(small(expects=True), tmp_path / "small.onnx", TEXTS)
    ids = torch.tensor([TEXTS[0]])
    with torch.no_grad():
        exact = encoder.expect(encoder.hidden(ids, torch.ones_like(ids)))[0].numpy()
    session = onnxruntime.InferenceSession(str(tmp_path / "small.onnx"), providers=["CPUExecutionProvider"])
    *_, expected = session.run(None, {"vectors": encoder.words[ids[0]].detach().numpy()})
    assert np.abs(expected - exact).mean() < 0.1 * np.abs(exact).mean()
    again = small(expects=True)
    with torch.no_grad():
        again.expect[0].weight.zero_()
    load_shipped(again, tmp_path / "small")
    assert float((again.expect[0].weight - encoder.expect[0].weight).abs().max()) < 0.02


def test_a_third_head_starts_new_where_none_was_shipped(encoder: SpunEncoder, tmp_path: Path) -> None:
    export_vectors(encoder, tmp_path / "small-vectors.npz")
    export_body(small(), tmp_path / "small.onnx", TEXTS)
    again = small(expects=True)
    was = again.expect[0].weight.clone()
    load_shipped(again, tmp_path / "small")
    assert torch.equal(again.expect[0].weight, was)


def test_a_part_of_another_shape_starts_new(
    encoder: SpunEncoder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export_vectors(encoder, tmp_path / "small-vectors.npz")
    export_body(small(), tmp_path / "small.onnx", TEXTS)
    other = small()
    other.detect[0] = torch.nn.Linear(2 * WIDTH, 5)
    other.detect[2] = torch.nn.Linear(5, 1)
    load_shipped(other, tmp_path / "small")
    assert "detect.0.weight: has another shape now, starts new" in capsys.readouterr().out


def test_training_can_go_on_from_a_checkpoint(tmp_path: Path) -> None:
    encoder, again = small(expects=True), strayed(expects=True)
    weights = encoder.state_dict()
    torch.save({"model": weights}, tmp_path / "last.pt")
    load_shipped(again, tmp_path / "last.pt")
    assert all(torch.equal(was, now) for was, now in zip(encoder.parameters(), again.parameters(), strict=True))
    del weights["transform.0.weight"]
    torch.save({"model": weights}, tmp_path / "less.pt")
    with pytest.raises(KeyError, match=r"less\.pt lacks transform\.0\.weight"):
        load_shipped(again, tmp_path / "less.pt")
