"""The C and C++ rules of this tree. Warnings live here and nowhere else."""

# Without -Woverloaded-virtual: every service on gRPC's callback API hides a base's method.
_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wshadow",
    "-Wnon-virtual-dtor",
    "-Wunused",
    "-Wcast-align",
    "-Wformat=2",
    "-Wimplicit-fallthrough",
    "-Wno-unused-parameter",
    # Debian's Abseil, gRPC and GoogleTest sit in /usr/include, where GCC is quiet by itself.
]

_C_WARNINGS = [
    "-std=c11",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wshadow",
    "-Wformat=2",
    "-Wstrict-prototypes",
]

# What a program links for the build that it is in.
_BUILD_SUPPORT = select({
    "//bazel:tsan": ["//bazel/tsan:absl_synchronization"],
    "//conditions:default": [],
})

def understudy_cc_library(name, copts = [], **kwargs):
    native.cc_library(name = name, copts = _WARNINGS + copts, **kwargs)

def understudy_c_library(name, copts = [], **kwargs):
    native.cc_library(name = name, copts = _C_WARNINGS + copts, **kwargs)

def understudy_cc_binary(name, copts = [], deps = [], **kwargs):
    native.cc_binary(name = name, copts = _WARNINGS + copts, deps = deps + _BUILD_SUPPORT, **kwargs)

def understudy_c_binary(name, copts = [], **kwargs):
    native.cc_binary(name = name, copts = _C_WARNINGS + copts, **kwargs)

def understudy_cc_test(name, size, deps, copts = [], **kwargs):
    """A GoogleTest. `size` is said outright: small has no process and no disk to speak of."""
    native.cc_test(
        name = name,
        size = size,
        copts = _WARNINGS + copts,
        deps = deps + ["//bazel:gtest_main"] + _BUILD_SUPPORT,
        **kwargs
    )

def understudy_cc_fuzz_test(name, srcs, deps, corpus = [], copts = [], tags = [], **kwargs):
    """A libFuzzer target: `LLVMFuzzerTestOneInput`.

    As a plain test (any compiler) it replays the corpus and a bounded number of seeded
    mutations of it. With `--config=fuzz` it is a real libFuzzer binary for `bazel run`.
    """
    native.cc_test(
        name = name,
        size = "small",
        srcs = srcs,
        copts = _WARNINGS + copts,
        # To libFuzzer, a file on the command line means: run this one and stop.
        args = select({
            "//bazel:fuzz": [],
            "//conditions:default": ["$(rootpaths %s)" % label for label in corpus],
        }),
        data = corpus,
        deps = deps + ["//bazel/fuzz:driver"],
        tags = tags + ["fuzz"],
        **kwargs
    )

def understudy_cc_benchmark(name, deps, copts = [], tags = [], **kwargs):
    """A Google Benchmark binary; run it by hand, it is no test."""
    native.cc_binary(
        name = name,
        testonly = True,
        copts = _WARNINGS + copts,
        deps = deps + ["@benchmark", "//bazel:benchmark_main"],
        tags = tags + ["benchmark"],
        **kwargs
    )
