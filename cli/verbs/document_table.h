#ifndef UNDERSTUDY_CLI_VERBS_DOCUMENT_TABLE_H_
#define UNDERSTUDY_CLI_VERBS_DOCUMENT_TABLE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/clients/vault_client.h"
#include "cli/output/format.h"
#include "cli/output/proto_words.h"
#include "cli/output/table.h"
#include "understudy/config_vault/v1/documents.pb.h"

// What the config verbs have in common.
namespace understudy::cli {

// NAME REVISION SIZE SHA-256 AUTHOR TIME COMMENT.
Table DocumentTable();
void AddDocument(Table& table, const config_vault::v1::DocumentInfo& info);

// "duties/gate is at revision 12, 18.5 KiB, sha-256 0123456789ab", one line.
std::string DocumentLine(const config_vault::v1::DocumentInfo& info);

inline constexpr char kStaleHelp[] =
    "what the vault that answers has at hand, also while etcd is out of reach; says how old it is";

understudy::type::v1::Consistency ConsistencyOf(bool stale);

// Of an answer to a stale read: "as of 340 ms ago", one line.
template <typename Response>
std::string DataAgeLine(const Response& response) {
  if (!response.has_data_age()) return "of an age that is not known\n";
  return "as of " + DurationText(ToDuration(response.data_age())) + " ago\n";
}

// The content, unpacked, and what the vault says of it proven.
absl::StatusOr<std::string> ProvenContent(const config_vault::v1::GetResponse& response);

struct DocumentListing {
  std::string prefix = {};
  bool deleted = false;
  bool stale = false;
};
// All pages as one.
absl::StatusOr<config_vault::v1::ListResponse> ListAllDocuments(const DocumentListing& listing,
                                                                VaultClient& vault);

// "operator/" and the user's name.
std::string DefaultAuthor();

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_VERBS_DOCUMENT_TABLE_H_
