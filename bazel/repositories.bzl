"""Every outside library, in one place. All of them are Debian 12 packages (see `packages.txt`)."""

load("//bazel:debian.bzl", "debian_library")

def understudy_repositories():
    """Bazel's own needs and the Debian libraries."""
    native.local_repository(name = "rules_cc", path = "bazel/rules_cc")
    native.local_repository(name = "remote_coverage_tools", path = "bazel/remote_coverage_tools")
    native.local_repository(name = "rules_java", path = "/usr/share/bazel/rules/java")
    native.local_repository(name = "rules_proto", path = "/usr/share/bazel/rules/proto")
    native.local_repository(name = "bazel_skylib", path = "/usr/share/bazel/tools/skylib")
    native.local_repository(name = "platforms", path = "/usr/share/bazel/tools/platforms")

    debian_library(
        name = "grpcpp",
        package = "libgrpc++-dev",
        header = "/usr/include/grpcpp/grpcpp.h",
        only = ["grpc++", "grpc++_reflection", "grpc", "gpr"],
    )
    debian_library(
        name = "protobuf",
        package = "libprotobuf-dev",
        header = "/usr/include/google/protobuf/message.h",
        modules = ["protobuf"],
        linkopts = ["-pthread"],
    )
    debian_library(
        name = "absl",
        package = "libabsl-dev",
        header = "/usr/include/absl/status/status.h",
        only = [
            "absl_status",
            "absl_statusor",
            "absl_cord",
            "absl_cord_internal",
            "absl_cordz_info",
            "absl_cordz_functions",
            "absl_cordz_handle",
            "absl_str_format_internal",
            "absl_strings",
            "absl_synchronization",
            "absl_time",
            "absl_time_zone",
            "absl_hash",
            "absl_city",
            "absl_low_level_hash",
            "absl_raw_hash_set",
            "absl_flags_commandlineflag",
            "absl_flags_commandlineflag_internal",
            "absl_flags_private_handle_accessor",
            "absl_flags_usage_internal",
            "absl_flags_parse",
            "absl_flags_usage",
            "absl_flags_internal",
            "absl_flags_marshalling",
            "absl_flags_reflection",
            "absl_flags_config",
            "absl_flags_program_name",
            "absl_random_distributions",
            "absl_random_seed_sequences",
            "absl_bad_optional_access",
            "absl_bad_variant_access",
            "absl_int128",
            "absl_raw_logging_internal",
            "absl_throw_delegate",
            "absl_base",
        ],
    )
    debian_library(
        name = "rocksdb",
        package = "librocksdb-dev",
        header = "/usr/include/rocksdb/db.h",
        modules = ["rocksdb"],
    )
    debian_library(
        name = "prometheus_cpp",
        package = "prometheus-cpp-dev",
        header = "/usr/include/prometheus/registry.h",
        modules = ["prometheus-cpp-pull", "prometheus-cpp-core"],
    )
    debian_library(
        name = "spdlog",
        package = "libspdlog-dev",
        header = "/usr/include/spdlog/spdlog.h",
        modules = ["spdlog"],
    )
    debian_library(
        name = "yaml_cpp",
        package = "libyaml-cpp-dev",
        header = "/usr/include/yaml-cpp/yaml.h",
        modules = ["yaml-cpp"],
    )
    debian_library(
        name = "nlohmann_json",
        package = "nlohmann-json3-dev",
        header = "/usr/include/nlohmann/json.hpp",
    )
    debian_library(
        name = "simdjson",
        package = "libsimdjson-dev",
        header = "/usr/include/simdjson.h",
        modules = ["simdjson"],
    )
    debian_library(
        name = "jemalloc",
        package = "libjemalloc-dev",
        header = "/usr/include/jemalloc/jemalloc.h",
        modules = ["jemalloc"],
    )
    debian_library(
        name = "zstd",
        package = "libzstd-dev",
        header = "/usr/include/zstd.h",
        modules = ["libzstd"],
    )
    debian_library(
        name = "openssl",
        package = "libssl-dev",
        header = "/usr/include/openssl/evp.h",
        modules = ["openssl"],
    )
    debian_library(
        name = "sodium",
        package = "libsodium-dev",
        header = "/usr/include/sodium.h",
        modules = ["libsodium"],
    )
    debian_library(
        name = "cli11",
        package = "libcli11-dev",
        header = "/usr/include/CLI/CLI.hpp",
    )
    debian_library(
        name = "boost_beast",
        package = "libboost-dev",
        header = "/usr/include/boost/beast.hpp",
        linkopts = ["-pthread"],
    )
    debian_library(
        name = "googletest",
        package = "libgmock-dev",
        header = "/usr/include/gmock/gmock.h",
        modules = ["gmock", "gtest"],
    )
    debian_library(
        name = "benchmark",
        package = "libbenchmark-dev",
        header = "/usr/include/benchmark/benchmark.h",
        modules = ["benchmark"],
    )
    # Only for proofs and benchmarks of the coroutine runtime: other people's blocking libraries, and
    # other coroutines.
    debian_library(
        name = "modbus",
        package = "libmodbus-dev",
        header = "/usr/include/modbus/modbus.h",
        modules = ["libmodbus"],
    )
    debian_library(
        name = "rabbitmq",
        package = "librabbitmq-dev",
        header = "/usr/include/amqp.h",
        modules = ["librabbitmq"],
    )
    debian_library(
        name = "mosquitto",
        package = "libmosquitto-dev",
        header = "/usr/include/mosquitto.h",
        modules = ["libmosquitto"],
    )
    debian_library(
        name = "cpp_httplib",
        package = "libcpp-httplib-dev",
        header = "/usr/include/httplib.h",
        modules = ["cpp-httplib"],
    )
    debian_library(
        name = "hiredis",
        package = "libhiredis-dev",
        header = "/usr/include/hiredis/hiredis.h",
        modules = ["hiredis"],
    )
    debian_library(
        name = "state_threads",
        package = "libst-dev",
        header = "/usr/include/st.h",
        linkopts = ["-lst"],
    )
    debian_library(
        name = "boost_coroutines",
        package = "libboost-fiber-dev",
        header = "/usr/include/boost/fiber/all.hpp",
        linkopts = ["-lboost_fiber", "-lboost_context", "-lboost_coroutine", "-lboost_thread"],
    )
