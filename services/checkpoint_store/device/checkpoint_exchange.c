#include "services/checkpoint_store/device/checkpoint_exchange.h"

#include <string.h>

/* All of it, in as many pieces as the connection takes. */
static bool send_all(checkpoint_client* client, const uint8_t* bytes, size_t size) {
  while (size > 0) {
    const int32_t sent = client->port->send(client->port->context, bytes, size);
    if (sent <= 0 || (size_t)sent > size) {
      return false;
    }
    client->bytes_sent += (uint32_t)sent;
    bytes += sent;
    size -= (size_t)sent;
  }
  return true;
}

static bool flush(checkpoint_writer* writer) {
  if (!writer->broken && writer->size > 0) {
    writer->broken = !send_all(writer->client, writer->bytes, writer->size);
  }
  writer->size = 0;
  return !writer->broken;
}

bool checkpoint_write(checkpoint_writer* writer, const uint8_t* bytes, size_t size) {
  while (size > 0 && !writer->broken) {
    const size_t room = sizeof(writer->bytes) - writer->size;
    const size_t part = size < room ? size : room;
    memcpy(writer->bytes + writer->size, bytes, part);
    writer->size += part;
    bytes += part;
    size -= part;
    if (writer->size == sizeof(writer->bytes)) {
      flush(writer);
    }
  }
  return !writer->broken;
}

static void write_text(checkpoint_writer* writer, const char* text) {
  checkpoint_write(writer, (const uint8_t*)text, strlen(text));
}

char* checkpoint_decimal(uint64_t value, char* text) {
  char digits[20];
  size_t count = 0;
  size_t i;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  for (i = 0; i < count; ++i) {
    text[i] = digits[count - 1 - i];
  }
  text[count] = '\0';
  return text;
}

void checkpoint_hex(const uint8_t* bytes, size_t size, char* text) {
  static const char digits[] = "0123456789abcdef";
  size_t i;
  for (i = 0; i < size; ++i) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 15];
  }
  text[2 * size] = '\0';
}

static void write_claim(checkpoint_writer* writer) {
  char text[2 * CHECKPOINT_CLAIM_BYTES + 1];
  checkpoint_hex(writer->client->retained->claim, CHECKPOINT_CLAIM_BYTES, text);
  write_text(writer, "Claim: ");
  write_text(writer, text);
  write_text(writer, "\r\n");
}

static bool write_request(checkpoint_client* client, const checkpoint_request* request) {
  char number[21];
  checkpoint_writer writer;
  writer.client = client;
  writer.size = 0;
  writer.broken = false;
  write_text(&writer, request->method);
  write_text(&writer, " /");
  write_text(&writer, request->id);
  if (request->name[0] != '\0') {
    write_text(&writer, "/");
    write_text(&writer, request->name);
  }
  write_text(&writer, " HTTP/1.1\r\nHost: checkpoint-store\r\n");
  write_claim(&writer);
  write_text(&writer, request->headers);
  if (request->body != NULL) {
    write_text(&writer, "Content-Length: ");
    write_text(&writer, checkpoint_decimal(request->body_size, number));
    write_text(&writer, "\r\n");
  }
  write_text(&writer, "\r\n");
  if (request->body != NULL && !request->body(request->body_context, &writer)) {
    return false;
  }
  return flush(&writer);
}

static bool read_response(checkpoint_client* client) {
  uint8_t bytes[256];
  for (;;) {
    size_t used = 0;
    const int32_t received = client->port->receive(client->port->context, bytes, sizeof(bytes));
    if (received <= 0 || (size_t)received > sizeof(bytes)) {
      return false;
    }
    client->bytes_received += (uint32_t)received;
    switch (checkpoint_response_feed(&client->response, bytes, (size_t)received, &used)) {
      case CHECKPOINT_RESPONSE_MORE:
        break;
      case CHECKPOINT_RESPONSE_DONE:
        /* What comes behind the end of an answer belongs to no question. */
        return used == (size_t)received;
      default:
        return false;
    }
  }
}

static bool attempt(checkpoint_client* client, const checkpoint_request* request) {
  checkpoint_response_begin(&client->response, strcmp(request->method, "HEAD") == 0, request->sink,
                            request->sink_context);
  if (!client->connected && !client->port->connect(client->port->context)) {
    return false;
  }
  client->connected = true;
  if (!write_request(client, request) || !read_response(client)) {
    checkpoint_client_close(client);
    return false;
  }
  client->used = true;
  if (client->response.closes) {
    checkpoint_client_close(client);
  }
  return true;
}

checkpoint_result checkpoint_exchange(checkpoint_client* client,
                                      const checkpoint_request* request) {
  const bool was_used = client->connected && client->used;
  client->http_status = 0;
  client->retry_after_seconds = 0;
  if (!attempt(client, request) && (!was_used || !attempt(client, request))) {
    return CHECKPOINT_NO_ANSWER;
  }
  client->http_status = client->response.status;
  client->retry_after_seconds = client->response.retry_after_seconds;
  return CHECKPOINT_OK;
}
