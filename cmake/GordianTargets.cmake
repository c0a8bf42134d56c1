# gordian_layer(NAME SOURCES … [PUBLIC …] [PRIVATE …]): one layer of the architecture,
# as a static library. What may use what is checked by tools/check_layers.
function(gordian_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(gordian_${name} STATIC ${arg_SOURCES})
  target_include_directories(gordian_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib>)
  target_link_libraries(gordian_${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
endfunction()

# gordian_test(NAME SOURCES … LINK … [TIMEOUT seconds]): a GoogleTest program, one ctest entry.
function(gordian_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gmock)
  if(NOT "gordian_gtest_main" IN_LIST arg_LINK)
    target_link_libraries(${name} PRIVATE GTest::gtest_main)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()
