#include "cli/verbs/document_table.h"

#include <pwd.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "cli/output/display_width.h"
#include "cli/output/format.h"
#include "cli/output/proto_words.h"

namespace understudy::cli {

Table DocumentTable() {
  return Table({"NAME",
                {"REVISION", Table::Align::kRight},
                {"SIZE", Table::Align::kRight},
                "SHA-256",
                "AUTHOR",
                "TIME",
                "COMMENT"});
}

void AddDocument(Table& table, const config_vault::v1::DocumentInfo& info) {
  const Color color = info.deleted() ? Color::kDim : Color::kPlain;
  table.AddRow({{info.name(), color},
                absl::StrCat(info.revision()),
                info.deleted() ? std::string("deleted") : SizeText(info.size()),
                HashText(info.sha256()),
                info.author(),
                TimeText(ToTime(info.time())),
                info.comment()});
}

std::string DocumentLine(const config_vault::v1::DocumentInfo& info) {
  std::string line = absl::StrCat(Printable(info.name()), " is at revision ", info.revision());
  if (info.deleted()) return line + ", deleted\n";
  absl::StrAppend(&line, ", ", SizeText(info.size()), ", sha-256 ", HashText(info.sha256()), "\n");
  return line;
}

std::string DefaultAuthor() {
  const passwd* const user = getpwuid(geteuid());
  return absl::StrCat("operator/", user == nullptr ? absl::StrCat(geteuid()) : user->pw_name);
}

understudy::type::v1::Consistency ConsistencyOf(bool stale) {
  return stale ? type::v1::CONSISTENCY_STALE : type::v1::CONSISTENCY_UNSPECIFIED;
}

}  // namespace understudy::cli
