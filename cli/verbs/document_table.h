#ifndef UNDERSTUDY_CLI_VERBS_DOCUMENT_TABLE_H_
#define UNDERSTUDY_CLI_VERBS_DOCUMENT_TABLE_H_

#include <string>
#include <vector>

#include "cli/output/table.h"
#include "understudy/config_vault/v1/documents.pb.h"

// What the config verbs have in common.
namespace understudy::cli {

// NAME REVISION SIZE SHA-256 AUTHOR TIME COMMENT.
Table DocumentTable();
void AddDocument(Table& table, const config_vault::v1::DocumentInfo& info);

// "duties/gate is at revision 12, 18.5 KiB, sha-256 0123456789ab", one line.
std::string DocumentLine(const config_vault::v1::DocumentInfo& info);

// "operator/" and the user's name.
std::string DefaultAuthor();

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_VERBS_DOCUMENT_TABLE_H_
