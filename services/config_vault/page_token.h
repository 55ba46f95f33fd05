#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_PAGE_TOKEN_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_PAGE_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// Where a listing goes on. Callers hand tokens back as they got them: a token that was made up,
// damaged, or made for another listing is refused. It is no secret and grants nothing.
namespace understudy::config_vault {

// `listing` says what is listed, e.g. "history/duties/d1"; `position` where the next page begins.
std::string MakePageToken(std::string_view listing, std::string_view position);

// The position in `token`. INVALID_ARGUMENT INVALID_PAGE_TOKEN.
absl::StatusOr<std::string> ReadPageToken(std::string_view listing, std::string_view token);

// A page's size: 100 when 0 is asked for. INVALID_ARGUMENT INVALID_PAGE_SIZE over 1,000.
absl::StatusOr<uint32_t> ReadPageSize(uint32_t asked);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_PAGE_TOKEN_H_
