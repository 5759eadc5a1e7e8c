// A message as GMime reads it: an independent measure of what daemon/mime writes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmime/gmime.h>

namespace egd::mime {

struct ParsedPart {
  std::string type;  // "text/plain"; a multipart's own entry comes before its parts
  int depth = 0;
  std::string content;  // decoded
  std::string filename, disposition, content_id;
};

struct ParsedMailbox {
  std::string name, email;
  bool operator==(const ParsedMailbox&) const = default;
};

class ParsedMessage {
 public:
  explicit ParsedMessage(std::string_view data);

  std::string subject() const;
  std::vector<ParsedMailbox> Mailboxes(GMimeAddressType type) const;
  std::optional<std::string> Header(const char* name) const;  // decoded; nullopt: absent
  std::string message_id() const;
  const std::vector<ParsedPart>& parts() const { return parts_; }

 private:
  struct Unref {
    void operator()(void* object) const { g_object_unref(object); }
  };
  void Walk(GMimeObject* object, int depth);

  std::unique_ptr<GMimeMessage, Unref> message_;
  std::vector<ParsedPart> parts_;
};

}  // namespace egd::mime
