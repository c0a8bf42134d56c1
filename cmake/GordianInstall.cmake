# What `cmake --install` lays down: headers, static libraries, the command, a CMake
# package (find_package(gordian CONFIG)) and a pkg-config file.
include(CMakePackageConfigHelpers)

# The public library keeps its path: "gordian/mutex.h". The layers below it are found
# under a root of their own, so that nothing else of ours lies in the include folder.
set(GORDIAN_INSTALLED_ROOT ${CMAKE_INSTALL_INCLUDEDIR}/gordian/layers)

set(gordian_layers trace recorder schedule lib finding reader model analysis symbols report
    symbolizer pipeline inprocess gtest gtest_main)
set(gordian_installed)
foreach(layer ${gordian_layers})
  if(TARGET gordian_${layer})
    target_include_directories(gordian_${layer} INTERFACE
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
      $<INSTALL_INTERFACE:${GORDIAN_INSTALLED_ROOT}>)
    list(APPEND gordian_installed gordian_${layer})
  endif()
endforeach()
if(TARGET gordian_lib)
  set_target_properties(gordian_lib PROPERTIES EXPORT_NAME gordian)
endif()
foreach(name gtest gtest_main)
  if(TARGET gordian_${name})
    set_target_properties(gordian_${name} PROPERTIES EXPORT_NAME ${name})
  endif()
endforeach()

install(TARGETS ${gordian_installed} EXPORT gordianTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS gordian_tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET gordian_preload)
  install(TARGETS gordian_preload LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/gordian)
endif()
install(TARGETS gordian_doctor_program RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/gordian)
install(DIRECTORY lib/gordian DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(DIRECTORY instrument detector DESTINATION ${GORDIAN_INSTALLED_ROOT}
  FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
install(EXPORT gordianTargets NAMESPACE gordian::
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gordian)

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/gordianConfig.cmake.in
  ${PROJECT_BINARY_DIR}/gordianConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gordian)
if(TARGET gordian_pass AND TARGET gordian_preload)
  set(GORDIAN_RUNTIME_DIR ${CMAKE_INSTALL_LIBDIR}/gordian)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/GordianInstrument.cmake.in
    ${PROJECT_BINARY_DIR}/GordianInstrument.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gordian PATH_VARS GORDIAN_RUNTIME_DIR)
  install(FILES ${PROJECT_BINARY_DIR}/GordianInstrument.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gordian)
endif()
write_basic_package_version_file(${PROJECT_BINARY_DIR}/gordianConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/gordianConfig.cmake
  ${PROJECT_BINARY_DIR}/gordianConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gordian)

configure_file(${PROJECT_SOURCE_DIR}/cmake/gordian.pc.in ${PROJECT_BINARY_DIR}/gordian.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/gordian.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
