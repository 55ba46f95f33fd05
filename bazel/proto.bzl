"""C++ messages and gRPC stubs from .proto files, through Debian's protoc and grpc_cpp_plugin."""

def understudy_proto_library(name, src, deps = [], grpc = False, visibility = ["//visibility:public"]):
    """One .proto file.

    Makes `<name>` (messages) and, with grpc = True, `<name>_grpc` (stubs and service bases).

    Args:
      name: the messages' target.
      src: the .proto file; imports are from the tree's `protos/` folder.
      deps: the understudy_proto_library targets that `src` imports, by their labels.
      grpc: whether `src` declares a service.
      visibility: of all targets.
    """
    stem = src[:-len(".proto")]
    proto_files = name + "_proto_files"
    native.filegroup(
        name = proto_files,
        srcs = [src] + [dep + "_proto_files" for dep in deps],
        visibility = ["//visibility:public"],
    )
    native.genrule(
        name = name + "_protoc",
        srcs = [":" + proto_files],
        outs = [stem + ".pb.h", stem + ".pb.cc"],
        cmd = "protoc --proto_path=protos --cpp_out=$(BINDIR)/protos %s/%s" % (native.package_name(), src),
        message = "Compiling proto",
        visibility = ["//visibility:private"],
    )

    # Generated code keeps its own warnings.
    native.cc_library(
        name = name,
        srcs = [stem + ".pb.cc"],
        hdrs = [stem + ".pb.h"],
        copts = ["-w"],
        strip_include_prefix = "/protos",
        visibility = visibility,
        deps = deps + ["@protobuf"],
    )
    if grpc:
        _grpc_library(name, src, stem, proto_files, visibility)

def _grpc_library(name, src, stem, proto_files, visibility):
    native.genrule(
        name = name + "_grpc_protoc",
        srcs = [":" + proto_files],
        outs = [stem + ".grpc.pb.h", stem + ".grpc.pb.cc"],
        cmd = ("protoc --proto_path=protos --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin " +
               "--grpc_out=$(BINDIR)/protos %s/%s" % (native.package_name(), src)),
        message = "Compiling gRPC stubs",
        visibility = ["//visibility:private"],
    )
    native.cc_library(
        name = name + "_grpc",
        srcs = [stem + ".grpc.pb.cc"],
        hdrs = [stem + ".grpc.pb.h"],
        copts = ["-w"],
        strip_include_prefix = "/protos",
        visibility = visibility,
        deps = [":" + name, "@grpcpp"],
    )
