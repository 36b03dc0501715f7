# libbestow, shared and static: the objects of est_client and what they need of pki and base. Only bestow_* leaves
# either; sdk/ keeps them apart from the static libraries of the layers.
include(GNUInstallDirs)
set_target_properties(base pki est_client PROPERTIES POSITION_INDEPENDENT_CODE ON)

add_library(bestow_shared SHARED $<TARGET_OBJECTS:est_client>)
set(symbol_map ${CMAKE_CURRENT_LIST_DIR}/libbestow.map)
set_target_properties(bestow_shared PROPERTIES OUTPUT_NAME bestow VERSION ${PROJECT_VERSION} SOVERSION 0
                      LINKER_LANGUAGE C LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/sdk LINK_DEPENDS ${symbol_map})
target_link_options(bestow_shared PRIVATE -Wl,--version-script=${symbol_map} -Wl,--gc-sections -Wl,--exclude-libs,ALL)
target_link_libraries(bestow_shared PRIVATE pki base PkgConfig::CURL PkgConfig::OPENSSL)
target_include_directories(bestow_shared INTERFACE include)

# One relocatable object, whose inner names are made local.
set(static_library ${CMAKE_BINARY_DIR}/sdk/libbestow.a)
add_custom_command(
  OUTPUT ${static_library}
  DEPENDS est_client pki base
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/sdk
  COMMAND ${CMAKE_LINKER} -r -o sdk/libbestow.o --whole-archive $<TARGET_FILE:est_client> --no-whole-archive
          $<TARGET_FILE:pki> $<TARGET_FILE:base>
  COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=bestow_* sdk/libbestow.o
  COMMAND ${CMAKE_COMMAND} -E rm -f ${static_library}
  COMMAND ${CMAKE_AR} rcs ${static_library} sdk/libbestow.o
  COMMAND ${CMAKE_COMMAND} -E rm -f sdk/libbestow.o
  WORKING_DIRECTORY ${CMAKE_BINARY_DIR}
  VERBATIM)
add_custom_target(bestow_static ALL DEPENDS ${static_library})

configure_file(${CMAKE_CURRENT_LIST_DIR}/bestow.pc.in sdk/bestow.pc @ONLY)
install(TARGETS bestow_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${static_library} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${CMAKE_BINARY_DIR}/sdk/bestow.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(DIRECTORY include/bestow DESTINATION include)

# The programs that show how to use it are built with everything, from the public headers only.
add_executable(example_enroll examples/enroll.c)
set_target_properties(example_enroll PROPERTIES INCLUDE_DIRECTORIES ${CMAKE_SOURCE_DIR}/include)
target_link_libraries(example_enroll PRIVATE bestow_shared)
