#include "daemon/core/complaint_rate.h"

#include <catch2/catch.hpp>

namespace egd::core {

TEST_CASE("complaints are a warning from 0.1 % on, and critical from 0.3 % on") {
  CHECK(ComplaintLevel(0, 0) == "ok");
  CHECK(ComplaintLevel(0, 10) == "ok");
  CHECK(ComplaintLevel(9, 9001) == "ok");
  CHECK(ComplaintLevel(9, 9000) == "warning");
  CHECK(ComplaintLevel(29, 9667) == "warning");
  CHECK(ComplaintLevel(3, 1000) == "critical");
  CHECK(ComplaintLevel(1, 0) == "critical");
}

}  // namespace egd::core
