#include "services/checkpoint_store/device/checkpoint_response.h"

#include <string.h>

enum { STATUS_LINE, HEADERS, BODY, DONE, BAD };

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

static int hex_digit(char c) {
  c = lower(c);
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int checkpoint_hex_byte(const char* digits) {
  const int high = hex_digit(digits[0]);
  const int low = high < 0 ? -1 : hex_digit(digits[1]);
  return low < 0 ? -1 : high * 16 + low;
}

/* The value of the header `name` (in lower case) if the line is it, else NULL. */
static const char* value_of(const char* line, const char* name) {
  while (*name != '\0' && lower(*line) == *name) {
    ++line;
    ++name;
  }
  if (*name != '\0' || *line != ':') {
    return NULL;
  }
  ++line;
  while (*line == ' ' || *line == '\t') {
    ++line;
  }
  return line;
}

static bool says(const char* value, const char* word) {
  while (*word != '\0' && lower(*value) == *word) {
    ++value;
    ++word;
  }
  return *word == '\0' && (*value == '\0' || *value == ' ');
}

/* Decimal digits alone, at most `most`. */
static bool read_number(const char* text, uint64_t most, uint64_t* number) {
  uint64_t value = 0;
  if (*text == '\0') {
    return false;
  }
  for (; *text != '\0'; ++text) {
    const unsigned digit = (unsigned)(*text - '0');
    if (digit > 9 || value > (most - digit) / 10) {
      return false;
    }
    value = value * 10 + digit;
  }
  *number = value;
  return true;
}

static bool read_identifier(const char* value, char* identifier) {
  const size_t size = strlen(value);
  size_t i;
  if (size < 8 || size > CHECKPOINT_IDENTIFIER_DIGITS || size % 2 != 0) {
    return false;
  }
  for (i = 0; i < size; ++i) {
    if (hex_digit(value[i]) < 0) {
      return false;
    }
    identifier[i] = lower(value[i]);
  }
  identifier[size] = '\0';
  return true;
}

static bool read_hash(const char* value, uint8_t* hash) {
  size_t i;
  if (strlen(value) != 2 * CHECKPOINT_HASH_BYTES) {
    return false;
  }
  for (i = 0; i < CHECKPOINT_HASH_BYTES; ++i) {
    const int byte = checkpoint_hex_byte(value + 2 * i);
    if (byte < 0) {
      return false;
    }
    hash[i] = (uint8_t)byte;
  }
  return true;
}

static void read_reason(const char* value, char* reason) {
  size_t size = strlen(value);
  if (size >= CHECKPOINT_REASON_BYTES) {
    size = CHECKPOINT_REASON_BYTES - 1;
  }
  memcpy(reason, value, size);
  reason[size] = '\0';
}

/* "HTTP/1.1 200 ..." */
static bool read_status(checkpoint_response* response) {
  const char* const line = response->line;
  if (strncmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') || line[8] != ' ') {
    return false;
  }
  if (line[9] < '1' || line[9] > '9' || line[10] < '0' || line[10] > '9' || line[11] < '0' ||
      line[11] > '9' || (line[12] != ' ' && line[12] != '\0')) {
    return false;
  }
  response->status = (uint16_t)((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
  /* Before 1.1 a connection is not kept. */
  response->closes = line[7] == '0';
  return true;
}

/* A length said twice must be the same: else somebody smuggles. */
static bool read_length(checkpoint_response* response, const char* value) {
  uint64_t number = 0;
  if (!read_number(value, UINT32_MAX, &number) ||
      (response->has_length && response->body_size != number)) {
    return false;
  }
  response->has_length = true;
  response->body_size = (uint32_t)number;
  return true;
}

/* Headers whose nonsense can be borne: they count as not said. */
static void read_optional(checkpoint_response* response) {
  const char* const line = response->line;
  const char* value;
  uint64_t number = 0;
  if ((value = value_of(line, "connection")) != NULL) {
    response->closes = response->closes || says(value, "close");
  } else if ((value = value_of(line, "origin")) != NULL) {
    response->from_operator = says(value, "operator");
  } else if ((value = value_of(line, "reason")) != NULL) {
    read_reason(value, response->reason);
  } else if ((value = value_of(line, "retry-after")) != NULL) {
    if (read_number(value, UINT32_MAX, &number)) {
      response->retry_after_seconds = (uint32_t)number;
    }
  }
}

/* False when the response cannot be trusted. */
static bool read_header(checkpoint_response* response) {
  const char* const line = response->line;
  const char* value;
  if ((value = value_of(line, "content-length")) != NULL) {
    return read_length(response, value);
  }
  if (value_of(line, "transfer-encoding") != NULL) {
    return false;
  }
  if ((value = value_of(line, "next-id")) != NULL) {
    return read_identifier(value, response->next_id);
  }
  if ((value = value_of(line, "content-hash")) != NULL) {
    return response->has_hash = read_hash(value, response->hash);
  }
  if ((value = value_of(line, "generation")) != NULL) {
    return response->has_generation = read_number(value, UINT64_MAX, &response->generation);
  }
  read_optional(response);
  return true;
}

/* The empty line. An interim response begins anew. */
static uint8_t end_of_head(checkpoint_response* response) {
  if (response->status < 200) {
    checkpoint_response_begin(response, response->no_body, response->sink, response->context);
    return STATUS_LINE;
  }
  if (response->no_body || response->status == 204 || response->status == 304) {
    return DONE;
  }
  if (!response->has_length) {
    return BAD;
  }
  response->body_left = response->body_size;
  return response->body_left == 0 ? DONE : BODY;
}

static uint8_t end_of_line(checkpoint_response* response) {
  const uint8_t size = response->line_size;
  const bool too_long = response->line_too_long;
  response->line[size] = '\0';
  response->line_size = 0;
  response->line_too_long = false;
  if (response->place == STATUS_LINE) {
    return read_status(response) ? HEADERS : BAD;
  }
  if (size == 0 && !too_long) {
    return end_of_head(response);
  }
  if (too_long) {
    return HEADERS;
  }
  return read_header(response) ? HEADERS : BAD;
}

static uint8_t head_byte(checkpoint_response* response, char c) {
  if (++response->head_size > CHECKPOINT_HEAD_BYTES || c == '\0') {
    return BAD;
  }
  if (c == '\n') {
    return end_of_line(response);
  }
  if (c == '\r') {
    return response->place;
  }
  if (response->line_size + 1u < CHECKPOINT_LINE_BYTES) {
    response->line[response->line_size++] = c;
  } else {
    response->line_too_long = true;
  }
  return response->place;
}

static size_t body_bytes(checkpoint_response* response, const uint8_t* bytes, size_t size) {
  if (size > response->body_left) {
    size = response->body_left;
  }
  if (response->status == 200 && response->sink != NULL && !response->body_refused) {
    response->body_refused = !response->sink(response->context, bytes, size);
  }
  response->body_left -= (uint32_t)size;
  if (response->body_left == 0) {
    response->place = DONE;
  }
  return size;
}

void checkpoint_response_begin(checkpoint_response* response, bool no_body,
                               checkpoint_body_sink sink, void* context) {
  memset(response, 0, sizeof(*response));
  response->no_body = no_body;
  response->sink = sink;
  response->context = context;
}

checkpoint_response_result checkpoint_response_feed(checkpoint_response* response,
                                                    const uint8_t* bytes, size_t size,
                                                    size_t* used) {
  size_t at = 0;
  while (at < size && response->place < DONE) {
    if (response->place == BODY) {
      at += body_bytes(response, bytes + at, size - at);
    } else {
      response->place = head_byte(response, (char)bytes[at]);
      ++at;
    }
  }
  *used = at;
  if (response->place < DONE) {
    return CHECKPOINT_RESPONSE_MORE;
  }
  return response->place == DONE ? CHECKPOINT_RESPONSE_DONE : CHECKPOINT_RESPONSE_BAD;
}
