#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_BEAST_REQUEST_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_BEAST_REQUEST_H_

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "services/checkpoint_store/http/http_face.h"

namespace understudy::checkpoint_store {

inline std::string_view ToView(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// What the library has read, as the protocol takes it. The body is moved out of `message`.
inline HttpRequest TakeRequest(
    boost::beast::http::request<boost::beast::http::string_body>& message, std::string source) {
  HttpRequest request;
  request.method = std::string(ToView(message.method_string()));
  request.target = std::string(ToView(message.target()));
  for (const auto& field : message) {
    request.AddHeader(ToView(field.name_string()), ToView(field.value()));
  }
  request.body = std::move(message.body());
  request.source = std::move(source);
  return request;
}

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_BEAST_REQUEST_H_
