"""The channel layer: Redis pub/sub between the processes. While the server is away, news reaches the sockets of this process."""

from __future__ import annotations

import asyncio
import logging
import weakref
from typing import Any
from uuid import uuid4

import redis
from channels_redis.pubsub import RedisPubSubChannelLayer, RedisPubSubLoopLayer
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
AWAY = (redis.RedisError, OSError)


class Layer(RedisPubSubChannelLayer):
    """Sockets join groups, and groups are sent to; a socket's own channel has no address outside its process."""

    def __init__(self, *, url: str, prefix: str) -> None:
        host = {"address": url, "retry": Retry(NoBackoff(), 0), "socket_connect_timeout": 2}
        super().__init__(hosts=[host], prefix=prefix)
        self._joining: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = weakref.WeakKeyDictionary()

    async def new_channel(self, prefix: str = "specific.") -> str:
        layer = self._get_layer()
        name = f"{layer.prefix}{prefix}{uuid4().hex}"
        layer.channels[name] = asyncio.Queue()
        return name

    async def group_add(self, group: str, channel: str) -> None:
        try:
            await self._get_layer().group_add(group, channel)
        except AWAY as problem:
            logger.warning("Valkey cannot be reached; a socket hears this process alone for now: %s", problem)
            self._join_later()

    async def group_discard(self, group: str, channel: str) -> None:
        try:
            await self._get_layer().group_discard(group, channel)
        except AWAY as problem:
            logger.info("a group was left while Valkey cannot be reached: %s", problem)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        try:
            await self._get_layer().group_send(group, message)
        except AWAY as problem:
            logger.warning("Valkey cannot be reached; an event stays in this process: %s", problem)
            self._deliver_here(group, message)
        else:
            self._deliver_here(group, message, unheard=True)

    def _deliver_here(self, group: str, message: dict[str, Any], *, unheard: bool = False) -> None:
        """To the sockets of all event loops of this process, as if it had come back from the server.

        `unheard`: to those only whom the server does not tell yet, because it has just come back itself.
        """
        data = self.serialize(message)
        for loop, layer in list(self._layers.items()):
            name = layer._get_group_channel_name(group)
            if unheard and name in layer._get_shard(name)._subscribed_to:
                continue
            if name in layer.groups and not loop.is_closed():
                loop.call_soon_threadsafe(layer._get_shard(name)._receive_message, {"channel": name, "data": data})

    def _join_later(self) -> None:
        loop = asyncio.get_running_loop()
        joining = self._joining.get(loop)
        if joining is None or joining.done():
            self._joining[loop] = loop.create_task(_subscribe(self._get_layer()))


async def _subscribe(layer: RedisPubSubLoopLayer) -> None:
    """Have the server tell of the groups that were joined while it was away, as soon as it is back."""
    while missing := [name for name in layer.groups if name not in layer._get_shard(name)._subscribed_to]:
        await asyncio.sleep(RETRY_SECONDS)
        try:
            for name in missing:
                await layer._get_shard(name).subscribe(name)
        except AWAY:
            continue
