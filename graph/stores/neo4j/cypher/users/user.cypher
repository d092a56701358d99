SHOW USERS YIELD user WHERE user = $user
