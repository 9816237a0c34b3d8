# Translated texts, compiled into the library that shows them: no locale, no file to install, none to lose.
# Run as a script (cmake -P) with DATA, SYMBOL, HEADER and OUT, this file writes a catalogue as C.
if(CMAKE_SCRIPT_MODE_FILE)
    file(READ ${DATA} hex HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
    file(WRITE ${OUT} "/* Made from bus/po/vi.po by cmake/TrucWords.cmake. */\n#include \"${HEADER}\"\n\n"
        "static const uint8_t data[] = {${bytes}};\n"
        "const struct words_catalogue ${SYMBOL} = {data, sizeof data};\n")
    return()
endif()

find_program(MSGFMT msgfmt REQUIRED)
find_program(MSGGREP msggrep REQUIRED)

# truc_words(TARGET SYMBOL HEADER [ONLY FILE]): gives the library the catalogue SYMBOL, which HEADER declares; of all texts, or of
# those that FILE marks. msgfmt refuses a translation whose format is not the text's.
function(truc_words target symbol header)
    cmake_parse_arguments(arg "" "ONLY" "" ${ARGN})
    set(po ${PROJECT_SOURCE_DIR}/bus/po/vi.po)
    set(part ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.po)
    set(compiled ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.mo)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
    if(arg_ONLY)
        set(take ${MSGGREP} --force-po --location=${arg_ONLY} -o ${part} ${po})
    else()
        set(take ${CMAKE_COMMAND} -E copy ${po} ${part})
    endif()
    add_custom_command(OUTPUT ${source}
        COMMAND ${take}
        COMMAND ${MSGFMT} --check-format --check-header --endianness=little --no-hash -o ${compiled} ${part}
        COMMAND ${CMAKE_COMMAND} -DDATA=${compiled} -DSYMBOL=${symbol} -DHEADER=${header} -DOUT=${source}
            -P ${PROJECT_SOURCE_DIR}/cmake/TrucWords.cmake
        DEPENDS ${po} ${PROJECT_SOURCE_DIR}/cmake/TrucWords.cmake
        COMMENT "Words: ${symbol}" VERBATIM)
    target_sources(${target} PRIVATE ${source})
endfunction()
