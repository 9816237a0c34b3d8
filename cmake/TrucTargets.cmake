# How Trục's targets are made, so that flags are written once.

option(TRUC_WERROR "Treat warnings as errors" ON)
set(TRUC_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")

add_library(truc_flags INTERFACE)
target_compile_options(truc_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
    -fstack-protector-strong -fvisibility=hidden -fPIC
    $<$<BOOL:${TRUC_WERROR}>:-Werror>)
target_compile_definitions(truc_flags INTERFACE _GNU_SOURCE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
# Programs: at a place that changes, their tables read-only once loaded, no stack that runs.
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
target_link_options(truc_flags INTERFACE LINKER:-z,relro,-z,now,-z,noexecstack)
if(TRUC_SANITIZE)
    target_compile_definitions(truc_flags INTERFACE TRUC_SANITIZED)
    target_compile_options(truc_flags INTERFACE -fsanitize=${TRUC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(truc_flags INTERFACE -fsanitize=${TRUC_SANITIZE})
endif()

# truc_library(NAME [ROOMS folder...] SOURCES ... LINKS ...): a static library. Its folder and the rooms in it are on the include path
# of those that link it.
function(truc_library name)
    cmake_parse_arguments(arg "" "" "ROOMS;SOURCES;LINKS" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    foreach(room IN LISTS arg_ROOMS)
        target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/${room})
    endforeach()
    target_link_libraries(${name} PUBLIC ${arg_LINKS} PRIVATE truc_flags)
endfunction()

# truc_program(NAME SOURCES ... LINKS ...): an installed program.
function(truc_program name)
    cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_LINKS} truc_flags)
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# truc_test(NAME SOURCES ... LINKS ... [LABELS ...]): a test program run by CTest; its name says what is promised.
function(truc_test name)
    cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LINKS;LABELS;ARGUMENTS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_LINKS} PkgConfig::CMOCKA truc_flags)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND ${name} ${arg_ARGUMENTS})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    # English, whatever language the developer's own shell speaks.
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}" ENVIRONMENT TRUC_LANG=en)
endfunction()
