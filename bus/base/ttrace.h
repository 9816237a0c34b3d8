#pragma once
#pragma GCC diagnostic ignored "-Wunused-function"
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
static inline void TT(const char*t){static int fd=-1; if(fd<0){char p[64];snprintf(p,64,"/dev/shm/tt.%d",(int)getpid());fd=open(p,O_WRONLY|O_CREAT|O_APPEND,0600);} struct timespec s;clock_gettime(CLOCK_MONOTONIC,&s);char b[64];int n=snprintf(b,64,"%llu %s\n",(unsigned long long)s.tv_sec*1000000000u+(unsigned long long)s.tv_nsec,t);if(write(fd,b,(size_t)n)<0)return;}
