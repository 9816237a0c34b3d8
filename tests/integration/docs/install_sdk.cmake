# install_sdk.cmake - what an integrator has: Trục installed, for the pages that build programs with it.
# Not a test. cmake -DBUILD=DIR -DPREFIX=DIR -P install_sdk.cmake
file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
