// Signals, nested and on an alternate stack, threads, processes, pipes, time
// and floating point: what it prints is the same on every kernel.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <setjmp.h>
#include <unistd.h>
#include <pthread.h>
#include <math.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <errno.h>
#include <ucontext.h>
#include <time.h>
static sigjmp_buf jb; static volatile int hits;
static void segv(int s, siginfo_t*i, void*u){ hits++; printf("segv code=%d low=%d\n", i->si_code, (unsigned long)i->si_addr < 4096); fflush(stdout); siglongjmp(jb,1); }
static void usr1(int s){ char here; printf("usr1 in\n"); raise(SIGUSR2); printf("usr1 out\n"); }
static void usr2(int s, siginfo_t*i, void*u){ stack_t st; sigaltstack(0,&st); printf("usr2 onstack=%d\n", !!(st.ss_flags&SS_ONSTACK)); double d=1.5; volatile double e=d*2; printf("%g\n", e); }
static int rec(int n){ volatile char b[4096]; b[0]=n; return rec(n+1)+b[0]; }
static void fpe(int s, siginfo_t*i, void*u){ printf("fpe code=%d\n", i->si_code); siglongjmp(jb,2); }
static pthread_mutex_t m=PTHREAD_MUTEX_INITIALIZER; static pthread_cond_t c=PTHREAD_COND_INITIALIZER; static long total; static int ready; static __thread int tl=7;
static void*worker(void*a){ for(int i=0;i<1000;i++){ pthread_mutex_lock(&m); total+=(long)a; pthread_mutex_unlock(&m);} tl+=(int)(long)a; pthread_mutex_lock(&m); ready++; pthread_cond_signal(&c); pthread_mutex_unlock(&m); return (void*)(long)tl; }
static void chld(int s){ hits+=100; }
int main(int argc,char**argv){
  setvbuf(stdout,0,_IOLBF,0);
  struct sigaction sa; memset(&sa,0,sizeof sa); 
  static char alt[65536]; stack_t st={.ss_sp=alt,.ss_size=sizeof alt}; sigaltstack(&st,0);
  sa.sa_sigaction=segv; sa.sa_flags=SA_SIGINFO|SA_ONSTACK; sigaction(SIGSEGV,&sa,0);
  if(!sigsetjmp(jb,1)) *(volatile int*)16=1;
  if(!sigsetjmp(jb,1)) { char*p=mmap(0,4096,PROT_READ,MAP_PRIVATE|MAP_ANONYMOUS,-1,0); volatile char x=*p; (void)x; hits=0; *p=1; }
  if(!sigsetjmp(jb,1)) rec(0);
  printf("stack overflow caught %d\n", hits);
  sa.sa_sigaction=fpe; sigaction(SIGFPE,&sa,0);
  volatile int z=0; if(!sigsetjmp(jb,1)) z=1/z;
  signal(SIGUSR1,usr1); sa.sa_sigaction=usr2; sigaction(SIGUSR2,&sa,0); raise(SIGUSR1);
  double a=0; for(int i=1;i<1000;i++) a+=sin(i)*exp(-i/100.0)/sqrt(i)+pow(i,0.3); printf("%.15g\n",a); long double ld=1; for(int i=1;i<20;i++) ld=ld*i/3.7L+sinl(i); printf("%.18Lg\n",ld);
  pthread_t t[4]; for(long i=0;i<4;i++) pthread_create(t+i,0,worker,(void*)(i+1));
  pthread_mutex_lock(&m); while(ready<4) pthread_cond_wait(&c,&m); pthread_mutex_unlock(&m);
  for(int i=0;i<4;i++){ void*r; pthread_join(t[i],&r); printf("t%d %ld\n",i,(long)r);} printf("total %ld tl %d\n",total,tl);
  signal(SIGCHLD,chld); hits=0; int p[2]; pipe(p); pid_t pid=fork(); if(!pid){ close(p[0]); for(int i=0;i<3;i++){ char b[32]; int n=sprintf(b,"msg %d\n",i); write(p[1],b,n);} _exit(3);} close(p[1]); char b[100]; int n,tot=0; while((n=read(p[0],b,sizeof b))>0||(n<0&&errno==EINTR)) if(n>0){ fwrite(b,1,n,stdout); tot+=n; } int stt; while(waitpid(pid,&stt,0)<0&&errno==EINTR); printf("child %d tot %d chld %d\n",WEXITSTATUS(stt),tot,hits);
  pid=fork(); if(!pid){ signal(SIGSEGV,SIG_DFL); *(volatile int*)0=1; } while(waitpid(pid,&stt,0)<0); printf("sig %d core %d\n",WTERMSIG(stt),!!WCOREDUMP(stt));
  struct timespec ts={0,2000000}; struct timespec t0,t1; clock_gettime(CLOCK_MONOTONIC,&t0); nanosleep(&ts,0); clock_gettime(CLOCK_MONOTONIC,&t1); printf("slept %d\n", (t1.tv_sec-t0.tv_sec)*1000000000LL+t1.tv_nsec-t0.tv_nsec>=2000000);
  sigset_t ss,old; sigemptyset(&ss); sigaddset(&ss,SIGUSR1); sigprocmask(SIG_BLOCK,&ss,&old); raise(SIGUSR1); sigpending(&ss); printf("pending %d\n",sigismember(&ss,SIGUSR1)); sigsuspend(&old); printf("after suspend\n"); 
  alarm(1); signal(SIGALRM,chld); hits=0; pause(); printf("alarm %d\n",hits);
  return 9; }
