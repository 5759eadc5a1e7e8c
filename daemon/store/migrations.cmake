# Embeds migrations/NNNN_name.sql into the library, each with the checksum that the database remembers.
set(rows "")
file(GLOB migrations CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/migrations/*.sql)
list(SORT migrations)
foreach(migration ${migrations})
  get_filename_component(stem ${migration} NAME_WE)
  string(REGEX MATCH "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$" matched ${stem})
  if(NOT matched)
    message(FATAL_ERROR "${migration}: not named NNNN_name.sql")
  endif()
  math(EXPR number "1${CMAKE_MATCH_1} - 10000")
  file(SHA256 ${migration} checksum)
  file(READ ${migration} sql)
  string(APPEND rows "    {${number}, \"${CMAKE_MATCH_2}\", \"${checksum}\", R\"sql(${sql})sql\"},\n")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${migration})
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/store/migrations.cpp CONTENT [[
// Generated from daemon/store/migrations by migrations.cmake.
#include "daemon/store/migration.h"

namespace egd::store {

std::span<const Migration> Migrations() {
  static constexpr Migration kMigrations[] = {
@rows@  };
  return kMigrations;
}

}  // namespace egd::store
]] @ONLY)
target_sources(egd_store PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/store/migrations.cpp)
