#include "tests/unit/mime/parsed_message.h"

#include <stdexcept>

namespace egd::mime {
namespace {

std::string Text(const char* text) {
  return text ? text : "";
}

std::string Decoded(GMimePart* part) {
  GMimeDataWrapper* content = g_mime_part_get_content(part);
  if (!content) return {};
  GMimeStream* stream = g_mime_stream_mem_new();
  g_mime_data_wrapper_write_to_stream(content, stream);
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
  std::string decoded(reinterpret_cast<const char*>(bytes->data), bytes->len);
  g_object_unref(stream);
  return decoded;
}

std::string MediaType(GMimeObject* object) {
  char* type = g_mime_content_type_get_mime_type(g_mime_object_get_content_type(object));
  std::string copy = Text(type);
  g_free(type);
  return copy;
}

}  // namespace

ParsedMessage::ParsedMessage(std::string_view data) {
  g_mime_init();
  GMimeStream* stream = g_mime_stream_mem_new_with_buffer(data.data(), data.size());
  GMimeParser* parser = g_mime_parser_new_with_stream(stream);
  message_.reset(g_mime_parser_construct_message(parser, nullptr));
  g_object_unref(parser);
  g_object_unref(stream);
  if (!message_) throw std::runtime_error("GMime cannot parse the message");
  Walk(g_mime_message_get_mime_part(message_.get()), 0);
}

void ParsedMessage::Walk(GMimeObject* object, int depth) {
  ParsedPart part;
  part.type = MediaType(object);
  part.depth = depth;
  part.disposition = Text(g_mime_object_get_disposition(object));
  part.content_id = Text(g_mime_object_get_content_id(object));
  if (GMIME_IS_PART(object)) {
    part.content = Decoded(GMIME_PART(object));
    part.filename = Text(g_mime_part_get_filename(GMIME_PART(object)));
  }
  parts_.push_back(part);
  if (!GMIME_IS_MULTIPART(object)) return;
  for (int i = 0; i < g_mime_multipart_get_count(GMIME_MULTIPART(object)); ++i) {
    Walk(g_mime_multipart_get_part(GMIME_MULTIPART(object), i), depth + 1);
  }
}

std::string ParsedMessage::subject() const {
  return Text(g_mime_message_get_subject(message_.get()));
}

std::string ParsedMessage::message_id() const {
  return Text(g_mime_message_get_message_id(message_.get()));
}

std::vector<ParsedMailbox> ParsedMessage::Mailboxes(GMimeAddressType type) const {
  std::vector<ParsedMailbox> mailboxes;
  InternetAddressList* list = g_mime_message_get_addresses(message_.get(), type);
  for (int i = 0; i < internet_address_list_length(list); ++i) {
    InternetAddress* address = internet_address_list_get_address(list, i);
    if (!INTERNET_ADDRESS_IS_MAILBOX(address)) continue;
    mailboxes.push_back(
        {Text(internet_address_get_name(address)),
         Text(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address)))});
  }
  return mailboxes;
}

std::optional<std::string> ParsedMessage::Header(const char* name) const {
  const char* value = g_mime_object_get_header(GMIME_OBJECT(message_.get()), name);
  return value ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace egd::mime
