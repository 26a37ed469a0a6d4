/* Growing sequences of bytes: what goes to JavaScript is put together in one. */
#include "thimble.h"

void messageClear(txMessage* message)
{
	message->length = 0;
}

static txU1* messageGrow(txMessage* message, txU4 size)
{
	txU4 length = message->length + size;
	if (length > message->capacity) {
		txU4 capacity = (length + 255) & ~255;
		txU1* bytes = c_realloc(message->bytes, capacity);
		if (!bytes)
			__builtin_trap();
		message->bytes = bytes;
		message->capacity = capacity;
	}
	message->length = length;
	return message->bytes + length - size;
}

void messageByte(txMessage* message, txU1 value) { *messageGrow(message, 1) = value; }
void messageU4(txMessage* message, txU4 value) { c_memcpy(messageGrow(message, 4), &value, 4); }
void messageNumber(txMessage* message, double value) { c_memcpy(messageGrow(message, 8), &value, 8); }

void messageText(txMessage* message, const char* text)
{
	txU4 length = (txU4)c_strlen(text);
	messageU4(message, length);
	c_memcpy(messageGrow(message, length), text, length);
}
