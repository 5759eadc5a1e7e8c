#include "daemon/service/sending/draft_codec.h"

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace egd::service {
namespace {

constexpr char kVersion = 1;
constexpr char kVersionEachAlone = 2;  // the flag follows; only where it is set

// The one list of what is kept, for both directions: `io` is a Writer or a Reader.
template <typename Io, typename Draft>
void Fields(Io& io, Draft& draft, char version) {
  io(draft.from, draft.to, draft.cc, draft.bcc, draft.reply_to);
  io(draft.subject, draft.html, draft.plain, draft.headers, draft.attachments);
  io(draft.track_links, draft.track_opens, draft.unsubscribe_link);
  if (version == kVersionEachAlone) io(draft.each_alone);
}

template <typename Io, typename Mailbox>
void MailboxFields(Io& io, Mailbox& mailbox) {
  io(mailbox.name, mailbox.email);
}

template <typename Io, typename Attachment>
void AttachmentFields(Io& io, Attachment& part) {
  io(part.filename, part.content, part.type, part.inline_part, part.content_id);
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  template <typename... Values>
  void operator()(const Values&... values) {
    (Put(values), ...);
  }

 private:
  void PutSize(size_t size) {
    for (; size >= 0x80; size >>= 7) out_ += char(size | 0x80);
    out_ += char(size);
  }
  void Put(bool value) { out_ += char(value); }
  void Put(const std::string& text) {
    PutSize(text.size());
    out_ += text;
  }
  void Put(const core::Mailbox& mailbox) { MailboxFields(*this, mailbox); }
  void Put(const core::Attachment& part) { AttachmentFields(*this, part); }
  void Put(const std::pair<std::string, std::string>& pair) { (*this)(pair.first, pair.second); }
  template <typename T>
  void Put(const std::vector<T>& list) {
    PutSize(list.size());
    for (const T& element : list) Put(element);
  }

  std::string& out_;
};

// After the first fault nothing more is read and good() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  bool good() const { return good_; }
  bool at_end() const { return left_.empty(); }

  template <typename... Values>
  void operator()(Values&... values) {
    (Take(values), ...);
  }

 private:
  uint8_t TakeOctet() {
    if (left_.empty()) {
      good_ = false;
      return 0;
    }
    const auto octet = uint8_t(left_.front());
    left_.remove_prefix(1);
    return octet;
  }
  // Of a text, or of a list whose elements have at least one octet each: never more than what is
  // left.
  size_t TakeSize() {
    size_t size = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      const uint8_t octet = TakeOctet();
      size |= size_t(octet & 0x7f) << shift;
      if (octet < 0x80) break;
    }
    if (size <= left_.size()) return size;
    good_ = false;
    return 0;
  }
  void Take(bool& value) { value = TakeOctet() != 0; }
  void Take(std::string& text) {
    const size_t size = TakeSize();
    text = left_.substr(0, size);
    left_.remove_prefix(size);
  }
  void Take(core::Mailbox& mailbox) { MailboxFields(*this, mailbox); }
  void Take(core::Attachment& part) { AttachmentFields(*this, part); }
  void Take(std::pair<std::string, std::string>& pair) { (*this)(pair.first, pair.second); }
  template <typename T>
  void Take(std::vector<T>& list) {
    for (size_t left = TakeSize(); left > 0 && good_; --left) Take(list.emplace_back());
  }

  std::string_view left_;
  bool good_ = true;
};

size_t ContentSize(const core::Draft& draft) {
  size_t size = draft.html.size() + draft.plain.size();
  for (const auto& part : draft.attachments) size += part.content.size();
  return size;
}

}  // namespace

std::string EncodeDraft(const core::Draft& draft) {
  const char version = draft.each_alone ? kVersionEachAlone : kVersion;
  std::string bytes(1, version);
  bytes.reserve(ContentSize(draft) + 1024);
  Writer writer(bytes);
  Fields(writer, draft, version);
  return bytes;
}

Result<core::Draft> DecodeDraft(std::string_view bytes) {
  if (bytes.empty() || bytes.front() < kVersion || bytes.front() > kVersionEachAlone) {
    return Internal("stored message content is of an unknown version");
  }
  core::Draft draft;
  Reader reader(bytes.substr(1));
  Fields(reader, draft, bytes.front());
  if (!reader.good() || !reader.at_end()) return Internal("stored message content is damaged");
  return draft;
}

}  // namespace egd::service
