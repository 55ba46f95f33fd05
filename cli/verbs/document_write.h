#ifndef UNDERSTUDY_CLI_VERBS_DOCUMENT_WRITE_H_
#define UNDERSTUDY_CLI_VERBS_DOCUMENT_WRITE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "cli/context.h"
#include "cli/verb.h"
#include "cli/verbs/document_table.h"

// What put, rollback and delete have in common: all of them write a revision.
namespace understudy::cli {

struct WriteOptions {
  std::string name;
  std::optional<uint64_t> expected_revision;
  std::string author = DefaultAuthor();
  std::string comment;
};

// All but the name, which is an argument. `options` must outlive the verb.
inline void AddWriteOptions(Verb& verb, WriteOptions& options) {
  verb.Option(options.expected_revision, "--expect-revision", "N",
              "only if N is the latest revision; 0: only if there is none");
  verb.Option(options.author, "--author", "TEXT", "who does it");
  verb.Option(options.comment, "--comment", "TEXT", "one line about it");
}

template <typename Request>
Request MakeWriteRequest(const WriteOptions& options) {
  Request request;
  request.set_name(options.name);
  request.set_author(options.author);
  request.set_comment(options.comment);
  if (options.expected_revision.has_value()) {
    request.set_expected_revision(*options.expected_revision);
  }
  return request;
}

// What was written; `remark` follows it for people.
template <typename Response>
void PrintWritten(Context& context, const Response& response, const char* remark = "") {
  if (context.json()) {
    context.PrintJson(response);
  } else {
    context.out() << DocumentLine(response.info()) << remark;
  }
}

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_VERBS_DOCUMENT_WRITE_H_
