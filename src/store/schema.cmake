# Embeds schema/NNNN_*.sql into the store: included by the build, which runs this same file as a
# script (cmake -P) whenever a migration changes.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  file(GLOB migrations CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/schema/[0-9][0-9][0-9][0-9]_*.sql)
  set(schema_table ${CMAKE_CURRENT_BINARY_DIR}/schema_table.c)
  add_custom_command(
    OUTPUT ${schema_table}
    COMMAND ${CMAKE_COMMAND} "-Dmigrations=${migrations}" -Doutput=${schema_table} -P ${CMAKE_CURRENT_LIST_FILE}
    DEPENDS ${migrations} ${CMAKE_CURRENT_LIST_FILE}
    COMMENT "Embedding the store's schema"
    VERBATIM)
  target_sources(store PRIVATE ${schema_table})
  return()
endif()

set(texts "")
set(rows "")
set(number 0)
foreach(migration ${migrations})
  math(EXPR number "${number} + 1")
  get_filename_component(name ${migration} NAME_WE)
  string(SUBSTRING ${name} 0 4 digits)
  string(REGEX REPLACE "^0+" "" named_number ${digits})
  if(NOT named_number EQUAL number)
    message(FATAL_ERROR "${migration}: migrations are numbered without gaps; ${number} is next")
  endif()
  file(READ ${migration} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(APPEND texts "static const char sql_${digits}[] = { ${bytes} 0 };\n")
  string(APPEND rows "\t{ \"${name}\", sql_${digits} },\n")
endforeach()
file(WRITE ${output}
     "/* Made by schema.cmake from the .sql files of schema/. */\n#include \"store/store_schema.h\"\n\n"
     "${texts}\nstatic const struct migration migrations[] = {\n${rows}};\n"
     "const struct schema store_schema = { migrations, sizeof migrations / sizeof *migrations };\n")
