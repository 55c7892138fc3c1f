/* Leaves a file, a named pipe and a socket. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_un name = {AF_UNIX, "socket"};
	return mkfifo("pipe", 0600) || bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof name) ||
		write(open("file", O_CREAT | O_WRONLY, 0600), "text", 4) != 4;
}
