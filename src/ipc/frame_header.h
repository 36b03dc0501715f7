/* A frame's header as octets, for those who send header and payload without joining them first. */
#pragma once

#include "ipc/ipc.h"

void frame_header_write(const struct ipc_frame *frame, unsigned char into[IPC_HEADER_LEN]);
