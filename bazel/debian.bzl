"""Wraps one Debian library, found through pkg-config or named outright, as `@<name>//:<name>`."""

_BUILD = """
package(default_visibility = ["//visibility:public"])

cc_library(
    name = "{name}",
    copts = {copts},
    linkopts = {linkopts},
)
"""

def _missing(ctx, what):
    fail("%s is not installed: run `./understudy setup`, or `apt-get install %s` (%s)" %
         (ctx.attr.name, ctx.attr.package, what))

def _pkg_config(ctx, module):
    result = ctx.execute(["pkg-config", "--libs", module])
    if result.return_code != 0:
        _missing(ctx, "pkg-config knows no module `%s`" % module)
    return [flag for flag in result.stdout.strip().split(" ") if flag]

def _unique(items):
    return {item: None for item in items}.keys()

def _debian_library_impl(ctx):
    flags = []
    for module in ctx.attr.modules:
        flags += _pkg_config(ctx, module)
    if not ctx.path(ctx.attr.header).exists:
        _missing(ctx, "there is no header %s" % ctx.attr.header)

    # Shared libraries carry their own dependencies: of what pkg-config names, the
    # libraries that a static link alone would need are dropped (`only`).
    if ctx.attr.only:
        flags = ["-l" + library for library in ctx.attr.only]
    ctx.file("BUILD.bazel", _BUILD.format(
        name = ctx.attr.name,
        copts = repr([]),
        linkopts = repr(_unique(flags + ctx.attr.linkopts)),
    ))

debian_library = repository_rule(
    implementation = _debian_library_impl,
    attrs = {
        "package": attr.string(mandatory = True, doc = "The Debian package that brings it."),
        "header": attr.string(mandatory = True, doc = "A header that must exist."),
        "modules": attr.string_list(doc = "pkg-config modules to ask."),
        "only": attr.string_list(doc = "Link exactly these, not what pkg-config says."),
        "linkopts": attr.string_list(doc = "Further link options."),
    },
    local = True,
)
