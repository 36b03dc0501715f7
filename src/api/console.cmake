# Embeds console/ into the API's library. What it uses of npm is taken at build time, exactly as
# console/package-lock.json has it; a build without npm has a page that says so in the console's place.
option(BESTOW_CONSOLE "Embed the console (needs npm)" ON)
find_program(NPM npm)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

set(console_source ${CMAKE_SOURCE_DIR}/console)
set(console_folder ${CMAKE_CURRENT_BINARY_DIR}/console)
set(console_table ${CMAKE_CURRENT_BINARY_DIR}/asset_table.c)
file(GLOB console_files CONFIGURE_DEPENDS ${console_source}/*.js ${console_source}/*.css ${console_source}/*.html)
set(console_modules -)

if(BESTOW_CONSOLE AND NPM)
  set(console_modules ${console_folder}/node_modules)
  set(console_pins ${console_source}/package.json ${console_source}/package-lock.json)
  add_custom_command(
    OUTPUT ${console_folder}/fetched
    COMMAND ${CMAKE_COMMAND} -E make_directory ${console_folder}
    COMMAND ${CMAKE_COMMAND} -E copy ${console_pins} ${console_folder}
    COMMAND ${NPM} ci --prefix ${console_folder} --ignore-scripts --no-audit --no-fund --silent
    COMMAND ${CMAKE_COMMAND} -E touch ${console_folder}/fetched
    DEPENDS ${console_pins}
    COMMENT "Fetching what the console is made with"
    VERBATIM)
  set(console_fetched ${console_folder}/fetched)
elseif(BESTOW_CONSOLE)
  message(WARNING "npm is missing: bestowd is built without its console")
endif()

add_custom_command(
  OUTPUT ${console_table}
  COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/embed-console ${console_source} ${console_modules} ${console_table}
  DEPENDS ${console_files} ${CMAKE_SOURCE_DIR}/tools/embed-console ${console_fetched}
  COMMENT "Embedding the console"
  VERBATIM)
target_sources(api PRIVATE ${console_table})
