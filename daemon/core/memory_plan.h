// How much memory each part of the gateway may fill, so that all together stay within what there is.
// Pure.
#pragma once

#include <cstdint>

namespace egd::core {

struct MemoryPlan {
  uint64_t connections;   // at the API, and as many at the tracking server: heads of 16 KiB at most
  uint64_t held;          // requests and replies at the API, from arrival to departure
  uint64_t tracking;      // the same at the tracking server
  uint64_t answering;     // what making the answers takes besides
  uint64_t largest_body;  // of a request, so that it can be answered
  uint64_t prepared;      // messages signed and not yet sent
  uint64_t spool;         // mail that comes by SMTP
};

// What answering a request holds at its worst for each byte of its body: the JSON tree, the checked
// arguments, the message and its row (measured: 5.4 of one attachment, 7.6 of one text).
constexpr uint64_t kAnsweringPerByte = 6;

// For a process of `bytes` that is to take bodies of `wanted_body` bytes, should there be memory for
// them. Above 1 GiB nothing else grows: a crowd that fills that is not served better with more.
MemoryPlan PlanMemory(uint64_t bytes, uint64_t wanted_body);

}  // namespace egd::core
