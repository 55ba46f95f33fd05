#ifndef UNDERSTUDY_CLI_CLIENTS_STREAM_WATCH_H_
#define UNDERSTUDY_CLI_CLIENTS_STREAM_WATCH_H_

#include <functional>

namespace understudy::cli {

// What a watch does with each event; false ends the watch, which then returns OK. Runs on a thread
// of gRPC, one event at a time.
template <typename Event>
using Each = std::function<bool(const Event&)>;

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_CLIENTS_STREAM_WATCH_H_
