#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_STORE_UPLOAD_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_STORE_UPLOAD_H_

#include <grpcpp/support/server_callback.h>

#include "services/checkpoint_store/checkpoint_calls.h"
#include "services/checkpoint_store/checkpoint_codec.h"

namespace understudy::checkpoint_store {

// A StoreStream call: gathers the pieces, at most `max_bytes`, then stores. `calls` and `response`
// outlive the call; the reactor deletes itself at its end.
grpc::ServerReadReactor<v1::StoreStreamRequest>* StartStoreUpload(CheckpointCalls& calls,
                                                                  CallOrigin origin,
                                                                  size_t max_bytes,
                                                                  v1::StoreResponse* response);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_STORE_UPLOAD_H_
