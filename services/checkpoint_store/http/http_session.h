#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_SESSION_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_SESSION_H_

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "services/checkpoint_store/http/http_worker.h"

namespace understudy::checkpoint_store {

// Serves a connection until it ends, on the worker's thread, from which this must be called. With
// `tls` null it is plain HTTP. `source` was entered in the limits, and leaves them at the end.
void ServeConnection(HttpWorker& worker, boost::asio::ip::tcp::socket socket, std::string source,
                     std::shared_ptr<boost::asio::ssl::context> tls);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_SESSION_H_
